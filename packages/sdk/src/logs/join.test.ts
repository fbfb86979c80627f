import { pino } from "pino";
import { pino as pino9 } from "pino9";
import { expect, test, vi } from "vitest";
import { LocalTrace, runIn } from "../context.ts";
import { joinLogger, withCopy } from "./join.ts";

class Lines {
  readonly written: string[] = [];
  write(line: string): void {
    this.written.push(line);
  }
}

const trace = new LocalTrace("r-1", undefined, false);

test.each([
  ["the kit's copy of pino", pino],
  ["another copy, of another version", pino9 as unknown as typeof pino],
])("a logger of %s gains the context, and its lines are copied once", (_, make) => {
  const lines = new Lines();
  const copies: string[] = [];
  const copy = (line: string) => copies.push(line);
  const logger = make({ base: null, mixin: () => ({ mine: 1 }) }, lines);
  const before = logger.child({ made: "before" });
  joinLogger(logger, copy);
  joinLogger(logger, copy);
  // As where a plugin is registered in a scope, whose logger is a child.
  joinLogger(logger.child({ part: "cart" }), copy);
  runIn(trace, () => {
    logger.info("one");
    before.info("two");
    logger.child({ made: "after" }).info("three");
  });
  logger.info("outside");
  expect(copies).toEqual(lines.written);
  expect(lines.written.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { mine: 1, requestId: "r-1", traceId: trace.traceId, msg: "one" },
    { mine: 1, requestId: "r-1", made: "before", msg: "two" },
    { mine: 1, requestId: "r-1", made: "after", msg: "three" },
    { mine: 1, msg: "outside" },
  ]);
  expect(lines.written[3]).not.toContain("requestId");
});

test("two who join one logger each get its lines; one of them without sending", () => {
  const lines = new Lines();
  const [first, second]: [string[], string[]] = [[], []];
  const logger = pino({ base: null }, lines);
  joinLogger(logger, (line) => first.push(line));
  joinLogger(logger, undefined);
  joinLogger(logger, (line) => second.push(line));
  runIn(trace, () => logger.info("one"));
  expect([first, second]).toEqual([lines.written, lines.written]);
  expect(lines.written[0]?.match(/requestId/g)).toHaveLength(1);
});

test("a destination that copies already is not made to copy twice", () => {
  const lines = new Lines();
  const copies: string[] = [];
  const copy = (line: string) => copies.push(line);
  const logger = pino({}, withCopy(lines, copy));
  joinLogger(logger, copy);
  logger.info("one");
  expect(copies).toEqual(lines.written);
});

test("what others write to the same standard output is not copied", () => {
  const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  try {
    const copies: string[] = [];
    const logger = pino({ base: null }, process.stdout);
    const write: unknown = Reflect.get(process.stdout, "write");
    joinLogger(logger, (line) => copies.push(line));
    logger.info("one");
    process.stdout.write("not the logger's\n");
    expect(Reflect.get(process.stdout, "write")).toBe(write);
    expect(copies).toHaveLength(1);
    expect(written).toHaveBeenCalledTimes(2);
  } finally {
    written.mockRestore();
  }
});

test("what is no logger of pino's is left alone", () => {
  const others = [console, { info: () => {} }, Object.freeze({}), Object.create(null) as object];
  for (const other of others) {
    const before = Reflect.ownKeys(other);
    joinLogger(other, () => {});
    expect(Reflect.ownKeys(other)).toEqual(before);
  }
});
