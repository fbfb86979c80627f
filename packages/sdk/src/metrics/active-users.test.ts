import { expect, test } from "vitest";
import { ActiveUsers } from "./active-users.ts";

test("counts the users of the last five minutes", () => {
  let now = 0;
  const users = new ActiveUsers(100, () => now);
  users.seen("a");
  now = 200_000;
  users.seen("b");
  users.seen(3);
  expect(users.count()).toBe(3);
  now = 300_000;
  expect(users.count()).toBe(2);
  users.seen("b");
  now = 500_000;
  expect(users.count()).toBe(1);
});

test("forgets the one seen longest ago when full", () => {
  const users = new ActiveUsers(3, () => 0);
  for (let id = 0; id < 1_000; id += 1) users.seen(id);
  expect(users.count()).toBe(3);
});
