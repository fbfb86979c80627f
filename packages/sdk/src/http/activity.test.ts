import { Socket } from "node:net";
import { expect, test } from "vitest";
import { Activity } from "./activity.ts";

test("counts each connection once, until it closes", () => {
  const activity = new Activity();
  const socket = new Socket();
  activity.request(socket);
  activity.request(socket);
  activity.request(new Socket());
  expect(activity.connections).toBe(2);
  socket.emit("close");
  expect(activity.connections).toBe(1);
});

test("averages requests over the last minute", () => {
  let now = 0;
  const activity = new Activity(() => now);
  const socket = new Socket();
  for (let second = 0; second < 120; second += 1) {
    now = second * 1_000;
    for (let each = 0; each < 3; each += 1) activity.request(socket);
  }
  expect(activity.requestRate()).toBe(3);
  now += 30_000;
  expect(activity.requestRate()).toBe(1.5);
  now += 60_000;
  expect(activity.requestRate()).toBe(0);
});
