import { expect, it } from "vitest";
import { actorOf, authorize } from "./scopes.ts";
import type { Principal, RouteAccess } from "./scopes.ts";

const token = (scope: "ingest" | "read" | "write" | "admin"): Principal => ({
  kind: "token",
  id: "1",
  name: scope,
  scope,
});
const person = (role: "admin" | "member" | "viewer"): Principal => ({
  kind: "person",
  userId: "1",
  email: "ann@example.com",
  role,
  sessionHash: Buffer.alloc(32),
});

const accesses: readonly RouteAccess[] = ["public", "ingest", "read", "write", "admin"];

it.each<[string, Principal | undefined, readonly RouteAccess[]]>([
  ["nobody", undefined, ["public"]],
  ["an ingest key", token("ingest"), ["public", "ingest"]],
  ["a read token", token("read"), ["public", "read"]],
  ["a write token", token("write"), ["public", "read", "write"]],
  ["an admin token", token("admin"), accesses],
  ["the bootstrap token", { kind: "bootstrap" }, accesses],
  ["a viewer", person("viewer"), ["public", "read"]],
  ["a member", person("member"), ["public", "read", "write"]],
  ["an admin", person("admin"), accesses],
])("%s may do no more and no less than its scope", (_, principal, allowed) => {
  expect(accesses.filter((access) => authorize(principal, access))).toEqual(allowed);
});

it("names who acted", () => {
  expect(actorOf(person("viewer"))).toBe("ann@example.com");
  expect(actorOf(token("read"))).toBe("token:read");
  expect(actorOf({ kind: "bootstrap" })).toBe("token:SEAWORTHY_TOKEN");
});
