import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Matcher, QueryContext, RawSeries } from "@seaworthy/promql";
import { pino } from "pino";
import { beforeAll, describe, expect, it } from "vitest";
import { STALE_BITS, setStale } from "../../model/index.ts";
import { openTelemetry } from "../../store/index.ts";
import type { Telemetry } from "../../store/index.ts";
import { SeriesIndex } from "./series-index.ts";
import { createSource } from "./source.ts";

const SERIES = 30;
const SAMPLES = 200;
const STEP = 15_000;
const start = Date.now() - SAMPLES * STEP;
const context: QueryContext = {
  signal: new AbortController().signal,
  takeSamples: () => {},
  takeSeries: () => {},
  note: () => {},
};
let telemetry: Telemetry;
let statements: string[] = [];

/** The store as it is when memory has nothing of it. */
function withoutMemory(): Telemetry {
  return {
    ...telemetry,
    recent: { covers: () => false, read: () => undefined, last: () => false },
  };
}

/** The store without memory, which also notes what it is asked. */
function noting(): Telemetry {
  return {
    ...withoutMemory(),
    select: (sql, parameters, options) => {
      statements.push(sql);
      return telemetry.select(sql, parameters, options);
    },
  };
}

beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), "seaworthy-source-"));
  telemetry = await openTelemetry({ dir, log: pino({ level: "silent" }) });
  // In several parts, out of order, with one part twice.
  const thirds = [2, 0, 1, 0].map((third) => ({ third }));
  for (const { third } of thirds) {
    const from = Math.floor((third * SAMPLES) / 3);
    const to = Math.floor(((third + 1) * SAMPLES) / 3);
    for (const metric of ["a_total", "b"]) {
      const size = SERIES * (to - from);
      const at = (i: number) => from + Math.floor(i / SERIES);
      const values = Float64Array.from({ length: size }, (_, i) => at(i) * 1000 + (i % SERIES));
      if (third === 2) setStale(values, size - 1);
      await telemetry.samples.write({
        series: Array.from({ length: SERIES }, (_, i) => ({
          __name__: metric,
          i: String(i),
          odd: i % 2 === 1 ? "yes" : "",
        })),
        seriesOf: Uint32Array.from({ length: size }, (_, i) => i % SERIES),
        times: Float64Array.from({ length: size }, (_, i) => start + at(i) * STEP),
        values,
      });
    }
  }
  return async () => {
    await telemetry.close();
    await rm(dir, { recursive: true, force: true });
  };
});

async function select(
  matchers: readonly Matcher[],
  { from = start, to = Date.now(), store = withoutMemory() } = {},
): Promise<RawSeries[]> {
  const source = createSource(store, new SeriesIndex(store, 1000));
  const hints = { function: "", stepMs: 0, windowMs: 0 };
  const found: RawSeries[] = [];
  const request = { matchers, startMs: from, endMs: to, hints };
  for await (const series of source.select(request, context)) found.push(series);
  return found;
}

const named = (value: string): Matcher => ({ name: "__name__", operator: "=", value });

describe("select", () => {
  it("answers all samples of the series that match, once, in time", async () => {
    const found = await select([named("a_total"), { name: "odd", operator: "=", value: "" }]);
    expect(found).toHaveLength(SERIES / 2);
    for (const { labels, times, values } of found) {
      const i = Number(labels.get("i"));
      expect(labels.toObject()).toEqual({ __name__: "a_total", i: String(i) });
      expect([...times]).toEqual(Array.from({ length: SAMPLES }, (_, k) => start + k * STEP));
      expect([...values]).toEqual(Array.from({ length: SAMPLES }, (_, k) => k * 1000 + i));
    }
  });

  it("answers the same in portions, and keeps nothing of them when asked again", async () => {
    const hints = { function: "", stepMs: 0, windowMs: 0 };
    const request = { matchers: [named("a_total")], startMs: start, endMs: Date.now(), hints };
    const expected = await select([named("a_total")]);
    const stores = [withoutMemory(), telemetry].map((store) =>
      createSource(store, new SeriesIndex(store, 1000)),
    );
    for (const source of stores.flatMap((each) => [each, each])) {
      const found: string[] = [];
      for await (const portion of source.selectPortions(request, context)) {
        for (const { labels, times, values } of portion) {
          found.push(JSON.stringify([labels.key, ...times, ...values]));
        }
      }
      expect(found).toEqual(
        expected.map(({ labels, times, values }) =>
          JSON.stringify([labels.key, ...times, ...values]),
        ),
      );
    }
  });

  it("carries staleness markers", async () => {
    const [last] = await select([named("b"), { name: "i", operator: "=", value: `${SERIES - 1}` }]);
    expect(last?.times.length).toBe(SAMPLES);
    const values = last?.values ?? new Float64Array();
    const bits = new BigUint64Array(values.buffer, values.byteOffset, values.length);
    expect(bits.at(-1)).toBe(STALE_BITS);
  });

  it("answers the same from memory", async () => {
    const bitsOf = ({ values }: RawSeries) =>
      new BigUint64Array(values.slice().buffer, 0, values.length);
    const shown = (found: readonly RawSeries[]) =>
      found
        .map((series) => [series.labels.key, [...series.times], [...bitsOf(series)]] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1));
    for (const metric of ["a_total", "b"]) {
      for (const from of [0, start, start + 7 * STEP + 1]) {
        const to = from === 0 ? Date.now() : from + 50 * STEP;
        const inMemory = await select([named(metric)], { from, to, store: telemetry });
        const inTables = await select([named(metric)], { from, to });
        expect(inMemory).toHaveLength(SERIES);
        expect(shown(inMemory)).toEqual(shown(inTables));
      }
    }
  });

  it("looks current values up in memory as in the tables", async () => {
    const ask = async (store: Telemetry, metric: string, at: number) => {
      const source = createSource(store, new SeriesIndex(store, 1000));
      const grid = { startMs: at, stepMs: 0, steps: 1 };
      const request = {
        matchers: [named(metric)],
        function: "lookup",
        grid,
        windowMs: 60_000,
      } as const;
      const found = await source.grid?.(request, context);
      return (found ?? [])
        .map(({ labels, kinds, values }) => `${labels.key} ${kinds.join()} ${values.join()}`)
        .sort();
    };
    for (const metric of ["a_total", "b"]) {
      for (const at of [start, start + 20 * STEP + 7, start + (SAMPLES - 1) * STEP]) {
        const inTables = await ask(withoutMemory(), metric, at);
        expect(inTables.length).toBeGreaterThanOrEqual(SERIES - 1);
        expect(await ask(telemetry, metric, at)).toEqual(inTables);
      }
      expect(await ask(telemetry, metric, start - 1)).toEqual([]);
    }
  });

  it("takes both ends of the time range", async () => {
    const [one] = await select([named("a_total"), { name: "i", operator: "=", value: "3" }], {
      from: start + STEP,
      to: start + 3 * STEP,
    });
    expect([...(one?.times ?? [])]).toEqual([1, 2, 3].map((k) => start + k * STEP));
  });

  it.each<[Matcher[], number]>([
    [[named("a_total")], SERIES],
    [[{ name: "i", operator: "=~", value: "1|2." }], 22],
    [[{ name: "i", operator: "=", value: "7" }], 2],
    [[named("a_total"), { name: "odd", operator: "!=", value: "yes" }], SERIES / 2],
    [[{ name: "odd", operator: "!~", value: "" }, named("b")], SERIES / 2],
    [[{ name: "__name__", operator: "=~", value: ".+" }], 2 * SERIES],
    [[named("absent")], 0],
    [[{ name: "i", operator: "=", value: "'); DROP TABLE samples" }], 0],
  ])("matches %j: %d series", async (matchers, count) => {
    expect(await select(matchers)).toHaveLength(count);
  });

  it("asks for series once, until there is a new one of the metric", async () => {
    statements = [];
    const store = noting();
    const index = new SeriesIndex(store, 1000);
    const lookup = () => index.match([named("grows")], start, Date.now());
    const write = (i: string) =>
      telemetry.samples.write({
        series: [{ __name__: "grows", i }],
        seriesOf: new Uint32Array(1),
        times: new Float64Array([Date.now()]),
        values: new Float64Array(1),
      });
    expect(await lookup()).toEqual([]);
    await write("1");
    expect((await lookup())[0]?.series).toHaveLength(1);
    await lookup();
    await write("1");
    await lookup();
    expect(statements).toHaveLength(2);
    await write("2");
    expect((await lookup())[0]?.series).toHaveLength(2);
    expect(statements).toHaveLength(3);
    // What a selector matched is kept as long, however many others were asked meanwhile.
    const one = { name: "i", operator: "=", value: "1" } as const;
    const [kept] = await index.match([named("grows"), one], start, Date.now());
    expect(kept?.series).toHaveLength(1);
    const others = Array.from({ length: 40 }, (_, i) => ({ ...one, value: `${i}` }));
    for (const other of others) await index.match([named("grows"), other], start, Date.now());
    const [again] = await index.match([named("grows"), one], start, Date.now());
    expect(again).toEqual(kept);
    expect((await index.match([named("grows"), one], start, Date.now()))[0]).toBe(again);
    await write("3");
    const unlike = { ...one, operator: "!=" } as const;
    const rest = await index.match([named("grows"), unlike], start, Date.now());
    expect(rest[0]?.series).toHaveLength(2);
  });

  it("reads long ranges in several statements", async () => {
    statements = [];
    const found = await select([named("a_total")], {
      from: Date.now() - 9 * 86_400_000,
      store: noting(),
    });
    expect(found).toHaveLength(SERIES);
    expect(found.reduce((sum, { times }) => sum + times.length, 0)).toBe(SERIES * SAMPLES);
    expect(statements.filter((sql) => sql.includes("FROM samples")).length).toBeGreaterThan(1);
  });

  it("stops reading when its caller stops", async () => {
    statements = [];
    const store = noting();
    const source = createSource(store, new SeriesIndex(store, 1000));
    const request = {
      matchers: [named("a_total")],
      startMs: Date.now() - 20 * 86_400_000,
      endMs: Date.now(),
      hints: { function: "", stepMs: 0, windowMs: 0 },
    };
    for await (const _ of source.select(request, context)) break;
    // The series, the first chunk, and the chunk that was read ahead.
    expect(statements).toHaveLength(3);
  });
});
