import fc from "fast-check";
import { expect, test } from "vitest";
import { Html, html } from "./html.ts";

test("values are escaped, markup is not", () => {
  const inner = html`<b>${"a<b"}</b>`;
  expect(html`<p title="${'"x"'}">${inner}${undefined}${3}${["&", inner]}</p>`.text).toBe(
    '<p title="&quot;x&quot;"><b>a&lt;b</b>3&amp;<b>a&lt;b</b></p>',
  );
  expect(html`${new Html("<i>")}`.text).toBe("<i>");
});

test("no text can open a tag, an attribute or an entity", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const { text: escaped } = html`${text}`;
      expect(escaped.replaceAll(/&(amp|lt|gt|quot|#39);/g, "")).not.toMatch(/[<>"'&]/);
    }),
  );
});
