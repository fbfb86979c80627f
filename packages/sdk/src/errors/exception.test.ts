import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { LogData, SpanData } from "../export/otlp.ts";
import { ActiveUsers } from "../metrics/active-users.ts";
import { labelValue } from "../metrics/bounds.ts";
import { Tracer } from "../traces/tracer.ts";
import { Errors } from "./errors.ts";
import { exceptionRecord, textOf, type CaptureOptions } from "./exception.ts";

/** So many characters that nobody else has in memory. */
const long = (length: number) => Buffer.alloc(length, "x").toString("latin1");
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
/** What is in use, in MB. */
const heap = () => {
  collect();
  return getHeapStatistics().used_heap_size / 1e6;
};

test("500 errors that wait are small, whatever they and their breadcrumbs hold", () => {
  const held: LogData[] = [];
  const errors = new Errors((record) => held.push(record));
  for (let index = 0; index < 100; index += 1) {
    const rows = Array.from({ length: 1_000 }, () => ({ text: "y".repeat(1_000) }));
    errors.addBreadcrumb({ category: long(1_000), message: long(1_000), data: { rows } });
    errors.setTag(long(1_000) + String(index), long(10_000));
  }
  const before = heap();
  for (let index = 0; index < 500; index += 1) {
    const cause = new Error(long(50_000));
    const tags = { [long(1_000)]: long(50_000) };
    errors.capture(new Error(long(50_000), { cause }), { tags, user: { id: long(50_000) } });
  }
  const size = (record: LogData) =>
    record.body.length + Object.values(record.attributes).join("").length;
  expect(Math.max(...held.map(size))).toBeLessThan(150_000);
  expect(heap() - before).toBeLessThan(80);
});

test("breadcrumbs hold what was true when they were made", () => {
  const held: LogData[] = [];
  const errors = new Errors((record) => held.push(record));
  const circular: Record<string, unknown> = { name: "cart" };
  circular["self"] = circular;
  const data = { items: [1, "two", null, true], at: new Date(0), by: { id: 7n }, circular };
  errors.addBreadcrumb({ message: "added", data });
  data.items.push("later");
  errors.capture(new Error("x"));
  const [crumb] = JSON.parse(String(held[0]?.attributes["breadcrumbs"])) as { data: object }[];
  expect(crumb?.data).toMatchObject({
    items: [1, "two", null, true],
    at: "1970-01-01T00:00:00.000Z",
    by: { id: "7" },
    circular: { name: "cart" },
  });
});

test("an error that cannot be told is told as such, and options may be none", () => {
  const unreadable = new Error("x");
  Object.defineProperty(unreadable, "stack", {
    get() {
      throw new Error("no");
    },
  });
  const unnamed = Object.assign(new Error("x"), { name: Symbol("s") });
  for (const error of [unreadable, unnamed, Object.create(Error.prototype) as unknown])
    for (const options of [{}, null, undefined, { level: "info" }, { user: null }, { tags: null }])
      expect(exceptionRecord(error, options as CaptureOptions, undefined).eventName).toBe(
        "exception",
      );
});

test("what a span, a label and an active user hold is bounded", () => {
  const spans: SpanData[] = [];
  const sampling = { perSecond: 10, slowMs: 1_000 };
  const tracer = new Tracer({ push: (span) => spans.push(span) }, sampling);
  const attributes = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`a${at}`, at]));
  const work = () =>
    tracer.run(
      "work",
      (span) => {
        for (let index = 0; index < 1_000; index += 1) span.set(`b${index}`, long(10_000));
        span.set("a1", long(10_000));
        throw new Error(long(100_000));
      },
      { attributes: { ...attributes, a0: long(10_000) } },
    );
  expect(work).toThrow("xxx");
  const kept = spans[0]?.attributes ?? {};
  expect(Object.keys(kept)).toHaveLength(64);
  for (const value of [kept["a0"], kept["a1"], kept["b0"], spans[0]?.error])
    expect(String(value)).toHaveLength(4_000);

  // A piece of a text may keep the whole of it.
  const before = heap();
  const labels = Array.from({ length: 100 }, () => labelValue(long(1_000_000)));
  const users = new ActiveUsers();
  for (let index = 0; index < 100; index += 1) users.seen(String(index) + long(1_000_000));
  expect([labels[0]?.length, users.count()]).toEqual([128, 100]);
  expect(heap() - before).toBeLessThan(20);
  expect(textOf(new Error(long(10_000)))).toHaveLength(4_000);
});
