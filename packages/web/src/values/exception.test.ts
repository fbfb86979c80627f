import { expect, it } from "vitest";
import { exceptionOfLine, headlineOfException } from "./exception.ts";

const STACK = "RangeError: too far\n    at go (walk.js:3:1)";
const found = { type: "RangeError", message: "too far", stack: STACK };

it.each([
  [
    {
      "exception.type": "RangeError",
      "exception.message": "too far",
      "exception.stacktrace": STACK,
    },
    "x",
    found,
  ],
  [
    { exception_type: "RangeError", exception_message: "too far", exception_stacktrace: STACK },
    "",
    found,
  ],
  [{}, JSON.stringify({ msg: "x", err: found }), found],
  [{}, JSON.stringify({ error: { name: "RangeError", message: "too far", stack: STACK } }), found],
  [{ exception_message: "too far" }, "{", { type: "", message: "too far", stack: "" }],
  [{}, '{"error":"too far"}', null],
  [{}, '{"error":{"message":"too far","code":7}}', null],
  [{}, '{"error":null,"err":7}', null],
  [{}, "{ broken", null],
  [{ level: "error" }, "plain", null],
])("%j and %s", (fields, text, expected) => {
  expect(exceptionOfLine(fields, text)).toEqual(expected);
});

it("is said in one line by what is known of it", () => {
  expect(headlineOfException(found)).toBe("RangeError: too far");
  expect(headlineOfException({ ...found, type: "" })).toBe("too far");
});
