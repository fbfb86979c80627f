import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashPassword, verifyPassword } from "./password.ts";

describe("passwords", () => {
  it("are kept in PHC form, salted, and found again", async () => {
    const first = await hashPassword("correct horse battery");
    const second = await hashPassword("correct horse battery");
    expect(first).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(second).not.toBe(first);
    expect(await verifyPassword("correct horse battery", first)).toBe(true);
    expect(await verifyPassword("correct horse batterz", first)).toBe(false);
  });

  it("are the same however the letters were composed", async () => {
    expect(
      await verifyPassword("Zu\u0308rich ist scho\u0308n", await hashPassword("Zürich ist schön")),
    ).toBe(true);
  });

  it("never match when there is no hash", async () => {
    expect(await verifyPassword("", null)).toBe(false);
    expect(await verifyPassword("A".repeat(43), null)).toBe(false);
  });

  it("refuse a stored hash that asks for more work than ours ever would", async () => {
    const salt = "A".repeat(22);
    const hash = "A".repeat(43);
    expect(await verifyPassword("x", `$scrypt$ln=30,r=8,p=1$${salt}$${hash}`)).toBe(false);
    expect(await verifyPassword("x", `$scrypt$ln=15,r=99,p=99$${salt}$${hash}`)).toBe(false);
  });

  it("never match garbage in place of a hash", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (hash) => {
        expect(await verifyPassword("password", hash)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});
