import { expect, it } from "vitest";
import { BatchQueue } from "./batch-queue.ts";

it("commits together what is within the rows and the bytes of a commit", async () => {
  const groups: number[] = [];
  const limits = { everyMs: 0, maxRows: 10, maxBytes: 100 };
  const queue = new BatchQueue<string>(
    { what: "rows", ...limits, maxWaitingRows: 1000, maxWaitingBytes: 10_000 },
    (group) => {
      groups.push(group.length);
      return Promise.resolve();
    },
  );
  const write = (rows: number, bytes: number, count: number) =>
    Promise.all(Array.from({ length: count }, () => queue.write("", rows, bytes, undefined)));
  await write(1, 5, 12);
  expect(groups.splice(0)).toEqual([10, 2]);
  await write(1, 60, 3);
  expect(groups.splice(0)).toEqual([1, 1, 1]);
  await write(1, 50, 3);
  expect(groups.splice(0)).toEqual([2, 1]);
  // A batch is never divided.
  await write(20, 1000, 1);
  expect(groups.splice(0)).toEqual([1]);
  await queue.close();
});
