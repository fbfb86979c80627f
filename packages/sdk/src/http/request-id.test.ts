import fc from "fast-check";
import { expect, test } from "vitest";
import { acceptRequestId, maxRequestIdLength } from "./request-id.ts";

const made = /^[0-9A-Za-z]{12}$/;

test("takes ids as tracing systems make them", () => {
  for (const id of [
    "7",
    "4bf92f3577b34da6a3ce929d0e0e4736",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "req-1:2_3.4",
    "x".repeat(maxRequestIdLength),
  ])
    expect(acceptRequestId(id)).toBe(id);
});

test("makes one when there is none, or it is too long or was sent twice", () => {
  expect(acceptRequestId(undefined)).toMatch(made);
  expect(acceptRequestId("")).toMatch(made);
  expect(acceptRequestId("x".repeat(maxRequestIdLength + 1))).toMatch(made);
  expect(acceptRequestId(["a", "b"])).toMatch(made);
  expect(acceptRequestId("a, b")).toMatch(made);
  expect(acceptRequestId(undefined)).not.toBe(acceptRequestId(undefined));
});

const hostile = fc.constantFrom(...Array.from("aZ09._:-\n\r\0 ;'\"$(){}<>%,/\\ü"));

test("whatever comes, what is used is short and safe in headers, logs and shells", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary", maxLength: 300 }),
        fc.string({ unit: hostile, maxLength: 140 }),
      ),
      (header) => {
        const id = acceptRequestId(header);
        expect(id.length).toBeLessThanOrEqual(maxRequestIdLength);
        expect(id).toMatch(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/);
        if (id !== header) expect(id).toMatch(made);
      },
    ),
    { numRuns: 5_000 },
  );
});

test("does not slow down on long hostile headers", () => {
  // The expression has one character class and one repetition, so length is the only cost.
  expect(acceptRequestId(`${"a".repeat(1_000_000)}!`)).toMatch(made);
});
