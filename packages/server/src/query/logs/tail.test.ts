import { isLogExpr, parse } from "@seaworthy/logql";
import { expect, it } from "vitest";
import { createLogTail } from "./tail.ts";

it("holds what one who does not keep up can hold, and counts the rest", async () => {
  const tail = createLogTail({ write: async () => {} });
  const expr = parse('{app="a"}');
  if (!isLogExpr(expr)) throw new Error("not lines");
  const follower = tail.follow(expr);
  const come = (count: number, line: string) =>
    tail.logs.write({
      streams: [{ app: "a" }, { app: "b" }],
      streamOf: Uint32Array.from({ length: 2 * count }, (_, i) => i % 2),
      times: new BigInt64Array(2 * count),
      lines: Array.from({ length: 2 * count }, () => line),
      metadata: Array.from({ length: 2 * count }, () => ({})),
    });
  const taken = () => {
    const { lines, dropped } = follower.take();
    return [lines.length, dropped];
  };
  await come(10_003, "short");
  expect(taken()).toEqual([10_000, 3]);
  // Sixteen million characters, and the one that goes beyond them.
  await come(200, "x".repeat(256 * 1024));
  expect(taken()).toEqual([65, 135]);
  await come(1, "short");
  expect(taken()).toEqual([1, 0]);
  follower.stop();
  await come(1, "short");
  expect(taken()).toEqual([0, 0]);
});
