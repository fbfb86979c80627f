import fc from "fast-check";
import { expect, it } from "vitest";
import { addressOf, mailboxOf } from "./address.ts";
import { StatusPageError } from "./errors.ts";

/** What strangers type, with what mail and HTTP take for an end or a beginning. */
const typed = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\r\n",
        "\n",
        "\0",
        "\t",
        " ",
        ",",
        ";",
        "<",
        ">",
        '"',
        "@",
        "+",
        ".",
        "%0d%0a",
      ),
      fc.constantFrom(
        "bcc: b@example.com",
        "bob",
        "example.com",
        "https://",
        "u:p@",
        "#x",
        "bücher.example",
      ),
      fc.string({ maxLength: 8, unit: "binary" }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(""));

function kept(kind: "email" | "webhook", text: string): string | undefined {
  try {
    return addressOf(kind, text);
  } catch (error) {
    expect(error).toBeInstanceOf(StatusPageError);
    return undefined;
  }
}

it("keeps an e-mail address that is one and nothing else, or refuses it", () => {
  fc.assert(
    fc.property(fc.oneof(typed, fc.emailAddress()), (text) => {
      const address = kept("email", text);
      if (address === undefined) return;
      expect(address).toMatch(/^[^\s@<>(),;:"\\\p{Cc}]+@[a-z\d.-]+$/u);
      expect(address).toBe(address.toLowerCase());
      expect(addressOf("email", address)).toBe(address);
      expect(mailboxOf(address)).not.toContain("+");
    }),
    { numRuns: 2000 },
  );
  for (const injected of [
    "a@example.com\r\nBcc: b@example.com",
    "a@example.com,b@example.com",
    "a@exa\nmple.com x",
  ])
    expect(kept("email", injected)).toBeUndefined();
  expect(mailboxOf(addressOf("email", "Bob+News+1@Example.com"))).toBe("bob@example.com");
});

it("keeps a webhook's URL without names, passwords and line ends, or refuses it", () => {
  fc.assert(
    fc.property(fc.oneof(typed, fc.webUrl({ withFragments: true })), (text) => {
      const address = kept("webhook", text);
      if (address === undefined) return;
      const url = new URL(address);
      expect(["http:", "https:"]).toContain(url.protocol);
      expect([url.username, url.password, url.hash]).toEqual(["", "", ""]);
      expect(address).toMatch(/^[\x21-\x7e]+$/);
      expect(addressOf("webhook", address)).toBe(address);
    }),
    { numRuns: 2000 },
  );
});
