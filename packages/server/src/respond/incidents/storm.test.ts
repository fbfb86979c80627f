import { expect, it } from "vitest";
import { ServiceMap } from "./service-map.ts";
import { Storm } from "./storm.ts";
import type { StormyIncident } from "./storm.ts";

function calls(...pairs: readonly (readonly [string, string])[]): ServiceMap {
  const map = new ServiceMap();
  map.learn(pairs.map(([caller, callee]) => ({ caller, callee })));
  return map;
}

/** web calls the shops, each shop the database; mail calls another one. */
const SHOPS = Array.from({ length: 8 }, (_, index) => `shop-${index + 1}`);
const map = calls(...SHOPS.flatMap((shop) => [["web", shop] as const, [shop, "db"] as const]), [
  "mail",
  "mail-db",
]);
const incident = (id: string, ...services: string[]): StormyIncident => ({
  id,
  service: services[0] ?? null,
  firing: services,
});
const idsOf = (storm: Storm, service: string) => [...storm.incidentsOf(service)].sort();

it("finds one fault by who calls whom, in whatever order it shows itself", () => {
  const known = [incident("1", "shop-1")];
  for (const service of ["db", "web"])
    expect(idsOf(new Storm(map, known, [service]), service)).toEqual(["1"]);
  expect(idsOf(new Storm(map, known, ["mail"]), "mail")).toEqual([]);
  expect(idsOf(new Storm(map, known, ["unknown"]), "unknown")).toEqual([]);
});

it("joins callers of a service that fires, and of one most of whose callers do", () => {
  const known = [incident("1", "shop-1")];
  // Two shops alone have nothing to do with each other.
  expect(idsOf(new Storm(map, known, ["shop-2"]), "shop-2")).toEqual([]);
  expect(idsOf(new Storm(map, known, SHOPS.slice(0, 4)), "shop-2")).toEqual([]);
  expect(idsOf(new Storm(map, known, SHOPS.slice(0, 5)), "shop-2")).toEqual(["1"]);
  expect(idsOf(new Storm(map, known, ["shop-2", "db"]), "shop-2")).toEqual(["1"]);
  const heldBefore = [incident("1", "shop-1", "db")];
  expect(idsOf(new Storm(map, heldBefore, ["shop-2"]), "shop-2")).toEqual(["1"]);
});

it("does not take what fails beside a caller for what the caller fails by", () => {
  // web is down with shop-1; that web calls shop-2 as well does not make shop-2 a part of it.
  const known = [incident("1", "shop-1", "web")];
  expect(idsOf(new Storm(map, known, ["shop-2"]), "shop-2")).toEqual([]);
});

it("knows what it is told on the way, and what is blamed by most", () => {
  const storm = new Storm(map, [], [...SHOPS, "web", "db"]);
  expect(idsOf(storm, "shop-1")).toEqual([]);
  storm.take("7", "shop-1", ["shop-1"]);
  expect(idsOf(storm, "shop-2")).toEqual(["7"]);
  expect(storm.blamedBy("db")).toBe(9);
  expect(storm.blamedBy("shop-1")).toBe(1);
  expect(storm.blamedBy("web")).toBe(0);
});
