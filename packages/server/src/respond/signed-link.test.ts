import { randomBytes, randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { idOfToken, tokenOf } from "./signed-link.ts";

const PURPOSES = ["acknowledge", "confirm a subscription", "end a subscription"] as const;

it("opens by its own token alone, whatever is made of it", () => {
  const [key, other] = [randomBytes(32), randomBytes(32)];
  const id = randomUUID();
  const token = tokenOf(key, "acknowledge", id);
  expect(idOfToken(key, "acknowledge", token)).toBe(id);
  expect(idOfToken(other, "acknowledge", token)).toBeUndefined();
  for (const purpose of PURPOSES.slice(1)) expect(idOfToken(key, purpose, token)).toBeUndefined();
  const changed = fc
    .record({ at: fc.nat(token.length), gone: fc.nat(3), put: fc.string({ maxLength: 3 }) })
    .map(({ at, gone, put }) => token.slice(0, at) + put + token.slice(at + gone));
  fc.assert(
    fc.property(fc.oneof(changed, fc.base64String(), fc.string({ unit: "binary" })), (given) => {
      const found = idOfToken(key, "acknowledge", given);
      expect(found).toBe(given === token ? id : undefined);
    }),
    { numRuns: 3000 },
  );
});
