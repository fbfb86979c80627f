import { expect, it } from "vitest";
import { makeWorld } from "../../../test/fixture/worlds.ts";
import { worstFirst } from "./services.ts";

it("puts the worst service first", () => {
  const order = [...makeWorld("burning").overview.services]
    .sort(worstFirst)
    .map(({ service }) => service);
  expect(order).toEqual(["shop", "mailer", "search", "catalogue"]);
});
