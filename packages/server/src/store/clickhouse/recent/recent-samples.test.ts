import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { STALE_BITS } from "../../../model/index.ts";
import { RecentSamples } from "./recent-samples.ts";
import { SampleSpace } from "./sample-space.ts";

const MINUTE = 60_000;
const MEGABYTE = 1 << 20;
type Bits = readonly [low: number, high: number];

const one = new Float64Array(1);
const halves = new Uint32Array(one.buffer);

function bitsOf(value: number | "stale"): Bits {
  if (value === "stale") return [Number(STALE_BITS & 0xffff_ffffn), Number(STALE_BITS >> 32n)];
  one[0] = value;
  return [halves[0] ?? 0, halves[1] ?? 0];
}

function add(recent: RecentSamples, id: bigint, time: number, value: number | "stale"): void {
  recent.add(recent.of(id), time, ...bitsOf(value));
}

/** Times and the halves of the values' bits. */
function read(
  recent: RecentSamples,
  id: bigint,
  from: number,
  to: number,
  space?: SampleSpace,
): [number, Bits][] {
  const found = recent.read(id, from, to, space);
  if (found === undefined) return [];
  const { buffer, byteOffset, length } = found.values;
  const bits = new Uint32Array(buffer, byteOffset, 2 * length);
  return [...found.times].map((time, i) => [time, [bits[2 * i] ?? 0, bits[2 * i + 1] ?? 0]]);
}

function valuesOf(recent: RecentSamples, id: bigint, from: number, to: number): number[] {
  return [...(recent.read(id, from, to)?.values ?? [])];
}

describe("recent samples", () => {
  it("are read in order, each time once and the first, with their bits", () => {
    const recent = new RecentSamples(MEGABYTE, 0);
    for (const [time, value] of [
      [5, 1],
      [7, 2],
      [6, 3],
      [7, 9],
      [1, 4],
    ] as const) {
      add(recent, 1n, time, value);
    }
    add(recent, 1n, 8, "stale");
    expect(read(recent, 1n, 1, 8)).toEqual([
      [1, bitsOf(4)],
      [5, bitsOf(1)],
      [6, bitsOf(3)],
      [7, bitsOf(2)],
      [8, bitsOf("stale")],
    ]);
    expect(recent.read(1n, 9, 20)).toBeUndefined();
    expect(recent.read(2n, 0, 20)).toBeUndefined();
  });

  it("are what they were when they were read, whatever comes", () => {
    const recent = new RecentSamples(MEGABYTE, 0);
    for (let i = 0; i < 200; i += 1) add(recent, 1n, i * MINUTE, i);
    const before = recent.read(1n, 0, 200 * MINUTE);
    add(recent, 1n, 30_000, 99);
    for (let i = 200; i < 900; i += 1) add(recent, 1n, i * MINUTE, i);
    recent.read(1n, 0, 900 * MINUTE);
    expect([...(before?.values ?? [])]).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  it("take two to four bytes each, as scrapes give them", () => {
    const recent = new RecentSamples(64 * MEGABYTE, 0);
    const series = 100;
    const samples = 1500;
    for (let i = 0; i < samples; i += 1) {
      for (let s = 0; s < series; s += 1) {
        const value = s % 2 === 0 ? i * (s + 3) : Math.round(5000 + 900 * Math.sin(i * s)) / 10;
        add(recent, BigInt(s), i * 15_000 + s + (i % 3), value);
      }
    }
    // Beside it, the tails that are open, and the objects.
    expect(recent.bytes - series * 1300).toBeLessThan(4 * series * samples);
    expect(valuesOf(recent, 4n, 0, samples * 15_000)).toEqual(
      Array.from({ length: samples }, (_, i) => i * 7),
    );
  });

  it("give up the oldest when there are too many", () => {
    const recent = new RecentSamples(MEGABYTE, 0);
    const random = (i: number) => Math.sin(i) * 1e6;
    for (let i = 0; i < 150_000; i += 1) {
      add(recent, BigInt(i % 30), i * 1000, random(i));
      if (i % 1000 === 0) recent.trim();
    }
    recent.trim();
    expect(recent.bytes).toBeLessThan(MEGABYTE);
    expect(recent.covers(0)).toBe(false);
    const { from } = recent;
    expect(recent.covers(from)).toBe(true);
    expect(from).toBeLessThan(100_000_000);
    const first = Math.ceil(from / 1000);
    const kept = Array.from({ length: 150_000 - first }, (_, i) => first + i);
    for (const id of [0, 7, 29]) {
      expect(valuesOf(recent, BigInt(id), from, 150_000_000)).toEqual(
        kept.filter((i) => i % 30 === id).map(random),
      );
    }
    // What is older than that is for the tables.
    add(recent, 1n, from - 1, 1);
    expect(recent.read(1n, from - 1, from - 1)).toBeUndefined();
  });

  it("let go of series that have ended", () => {
    const recent = new RecentSamples(MEGABYTE, 0);
    const ended = recent.of(0n);
    for (let i = 0; i < 150_000; i += 1) {
      add(recent, BigInt(1 + Math.floor(i / 1000)), i * 1000, Math.sin(i));
      if (i < 100) add(recent, 0n, i * 1000, i);
      recent.trim();
    }
    expect(ended.isDropped).toBe(true);
    expect(recent.of(0n)).not.toBe(ended);
  });

  it("make a pause when they would cover too little", () => {
    const recent = new RecentSamples(2000, 0);
    const place = recent.of(1n);
    for (let i = 0; i < 11; i += 1) add(recent, BigInt(i), i * 1000, i);
    recent.trim();
    const after = 10_000 + 60 * MINUTE;
    expect([recent.covers(11_000), recent.covers(after)]).toEqual([false, true]);
    expect(place.isDropped).toBe(true);
    add(recent, 1n, after - 1, 1);
    add(recent, 1n, after, 2);
    expect(read(recent, 1n, 0, after)).toEqual([[after, bitsOf(2)]]);
  });

  /** Courses of values as they come: counters, decimals, constants, anything. */
  const value = fc.oneof(
    fc.integer({ min: -100, max: 100 }),
    fc.integer({ min: -(2 ** 53), max: 2 ** 53 }),
    fc.integer({ min: -9999, max: 9999 }).map((n) => n / 100),
    fc.double(),
    fc.constantFrom<(number | "stale")[]>(0, -0, Number.NaN, Number.POSITIVE_INFINITY, "stale"),
  );
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(15_000, 14_999, 15_002) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 ** 20 }) },
    { weight: 1, arbitrary: fc.constantFrom(-20_000, -1_000_000, 2 ** 33) },
  );
  const run = fc.record({
    course: fc.constantFrom("counter", "constant", "gauge", "any"),
    start: value,
    values: fc.array(fc.record({ value, step }), { maxLength: 150 }),
  });

  it("are a sorted map, whatever comes in whatever order", () => {
    const spot = fc.nat(1000).map((n) => n / 1000);
    fc.assert(
      fc.property(fc.array(run, { maxLength: 4 }), spot, spot, (runs, a, b) => {
        const recent = new RecentSamples(MEGABYTE, 0);
        const known = new Map<number, Bits>();
        let time = 1_000_000;
        let newest = time;
        for (const { course, start, values } of runs) {
          let now = start;
          values.forEach(({ value: next, step: ms }, i) => {
            time = Math.max(0, time + ms);
            newest = Math.max(newest, time);
            if (course === "counter" && typeof now === "number") now += i % 7;
            else if (course === "gauge") now = Math.round(Math.sin(i) * 1000) / 10;
            else if (course === "any") now = next;
            add(recent, 1n, time, now);
            if (!known.has(time)) known.set(time, bitsOf(now));
          });
        }
        const [from, to] = [Math.floor(newest * a), Math.floor(newest * b)];
        const expected = [...known].filter(([at]) => at >= from && at <= to);
        expected.sort(([x], [y]) => x - y);
        const space = new SampleSpace();
        space.reserve(3);
        space.size = 3;
        expect(read(recent, 1n, from, to, space)).toEqual(expected);
        expect(read(recent, 1n, from, to)).toEqual(expected);
        const out = new Uint32Array(4);
        const found = recent.last(1n, from - 1, to, out, 1);
        expect(found).toBe(expected.length > 0);
        if (found) expect([out[2], out[3]]).toEqual(expected.at(-1)?.[1]);
      }),
      { numRuns: 300 },
    );
  });
});
