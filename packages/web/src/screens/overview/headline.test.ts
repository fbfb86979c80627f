import { expect, it } from "vitest";
import { makeWorld } from "../../../test/fixture/worlds.ts";
import { headline } from "./headline.ts";

const now = Date.now();
const of = (world: Parameters<typeof makeWorld>[0]) => makeWorld(world).overview;

it("says what burns and where", () => {
  expect(headline(of("burning"), now)).toEqual({
    tone: "firing",
    text: "1 incident, 3 alerts firing: shop, mailer",
  });
});

it("says since when all is clear", () => {
  expect(headline(of("quiet"), now)).toEqual({ tone: "clear", text: "All clear for 18 h" });
  expect(headline({ ...of("quiet"), clearSince: null }, now).text).toBe("All clear");
});

it("does not call it clear while something is pending or an incident is open", () => {
  expect(headline({ ...of("quiet"), pending: 2 }, now)).toEqual({
    tone: "pending",
    text: "2 alerts pending",
  });
  expect(headline({ ...of("burning"), firing: 0, services: [] }, now).text).toBe(
    "1 incident, nothing firing any more: shop",
  );
});

it("does not call it clear when nothing is watched", () => {
  expect(headline(of("empty"), now)).toEqual({ tone: "empty", text: "Nothing is watched yet" });
});
