import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isStale, STALE_BITS } from "../../model/index.ts";
import { RecentSamples } from "./recent-samples.ts";

const MINUTE = 60_000;

function add(recent: RecentSamples, id: bigint, time: number, value: number | "stale"): void {
  const bits =
    value === "stale" ? STALE_BITS : (new BigUint64Array(Float64Array.of(value).buffer)[0] ?? 0n);
  recent.add(recent.of(id), time, Number(bits & 0xffff_ffffn), Number(bits >> 32n));
}

function read(recent: RecentSamples, id: bigint, from: number, to: number): [number, number][] {
  const found = recent.read(id, from, to);
  return [...(found?.times ?? [])].map((time, i) => [time, found?.values[i] ?? 0]);
}

describe("recent samples", () => {
  it("are read in order, each time once and the first, with their bits", () => {
    const recent = new RecentSamples(100, 0);
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
    expect(read(recent, 1n, 1, 7)).toEqual([
      [1, 4],
      [5, 1],
      [6, 3],
      [7, 2],
    ]);
    const marker = recent.read(1n, 8, 8);
    expect(isStale(marker?.values ?? new Float64Array(1), 0)).toBe(true);
    expect(recent.read(1n, 9, 20)).toBeUndefined();
    expect(recent.read(2n, 0, 20)).toBeUndefined();
  });

  it("are what they were when they were read, whatever comes", () => {
    const recent = new RecentSamples(40, 0);
    for (let i = 0; i < 20; i += 1) add(recent, 1n, i * MINUTE, i);
    const before = recent.read(1n, 0, 20 * MINUTE);
    add(recent, 1n, 30_000, 99);
    for (let i = 20; i < 90; i += 1) add(recent, 1n, i * MINUTE, i);
    recent.trim();
    expect([...(before?.values ?? [])]).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it("give up the oldest when there are too many", () => {
    const recent = new RecentSamples(100, 0);
    for (let i = 0; i < 101; i += 1) add(recent, BigInt(i % 3), i * MINUTE, i);
    recent.trim();
    expect(recent.covers(0)).toBe(false);
    expect(recent.covers(25 * MINUTE)).toBe(true);
    expect(read(recent, 1n, 0, 30 * MINUTE).map(([, value]) => value)).toEqual([25, 28]);
    // What is older than that is for the tables.
    add(recent, 1n, MINUTE, 1);
    expect(recent.read(1n, 0, 10 * MINUTE)).toBeUndefined();
  });

  it("make a pause when they would cover too little", () => {
    const recent = new RecentSamples(10, 0);
    const place = recent.of(1n);
    for (let i = 0; i < 11; i += 1) add(recent, BigInt(i), i * 1000, i);
    recent.trim();
    const after = 10_000 + 60 * MINUTE;
    expect([recent.covers(11_000), recent.covers(after)]).toEqual([false, true]);
    expect(place.isDropped).toBe(true);
    add(recent, 1n, after - 1, 1);
    add(recent, 1n, after, 2);
    expect(read(recent, 1n, 0, after)).toEqual([[after, 2]]);
  });

  it("are a sorted map, whatever the order", () => {
    const sample = fc.record({ time: fc.nat(50), value: fc.double({ noNaN: true }) });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 80 }), fc.nat(50), fc.nat(50), (samples, a, b) => {
        const recent = new RecentSamples(1000, 0);
        const known = new Map<number, number>();
        for (const { time, value } of samples) {
          add(recent, 1n, time, value);
          if (!known.has(time)) known.set(time, value);
        }
        const expected = [...known].filter(([time]) => time >= a && time <= b);
        expected.sort(([x], [y]) => x - y);
        expect(read(recent, 1n, a, b)).toEqual(expected);
        const out = new Float64Array(2);
        const found = recent.last(1n, a - 1, b, new Uint32Array(out.buffer), 1);
        expect(found).toBe(expected.length > 0);
        if (found) expect(out[1]).toBe(expected.at(-1)?.[1]);
      }),
    );
  });
});
