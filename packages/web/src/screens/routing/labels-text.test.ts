import fc from "fast-check";
import { expect, it } from "vitest";
import { labelsInUrl, readLabels, writeLabels } from "./labels-text.ts";

it.each([
  ["severity=critical\n\n service = shop ", { severity: "critical", service: "shop" }],
  ['{alertname="A, B", job="x"}', { alertname: "A, B", job: "x" }],
  ['a="with \\"quotes\\" = and {}"', { a: 'with "quotes" = and {}' }],
  ['"service.name"=shop', { "service.name": "shop" }],
  ["summary=two words", { summary: "two words" }],
  ["a=", { a: "" }],
  ["a=b=c", { a: "b=c" }],
  ["{}", {}],
  ["", {}],
])("reads %j", (text, labels) => {
  expect(readLabels(text)).toEqual({ labels });
});

it.each([
  ["severity", 1],
  ["a=b\n=c", 2],
  ['a=b\nc="d', 2],
  ['a="\\x"', 1],
])("says in which line of %j it failed", (text, line) => {
  expect(readLabels(text)).toMatchObject({ line });
});

it("reads what it writes, whatever the labels are", () => {
  const name = fc
    .oneof(fc.stringMatching(/^[a-z_][a-z0-9_]*$/), fc.string({ minLength: 1 }))
    .filter((text) => text !== "__proto__");
  fc.assert(
    fc.property(fc.dictionary(name, fc.string()), (labels) => {
      expect(readLabels(writeLabels(labels))).toEqual({ labels });
    }),
    { numRuns: 2000 },
  );
});

it("takes any text without failing or taking long", () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom("{", "}", '"', ",", "=", "\\", " ", "\n", "a"),
        maxLength: 300,
      }),
      (text) => {
        expect(readLabels(text)).toBeTypeOf("object");
      },
    ),
    { numRuns: 1000 },
  );
});

it("reads labels from the address", () => {
  expect(labelsInUrl(new URLSearchParams("label=a=b&label=c=d=e&label=x&label==y"))).toEqual({
    a: "b",
    c: "d=e",
  });
});
