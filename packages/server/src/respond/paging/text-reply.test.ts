import fc from "fast-check";
import { expect, it } from "vitest";
import { isSignedForm, readReply } from "./text-reply.ts";

// The example of Twilio's documentation.
const url = "https://mycompany.com/myapp.php?foo=1&bar=2";
const fields = {
  CallSid: "CA1234567890ABCDE",
  Caller: "+14158675309",
  Digits: "1234",
  From: "+14158675309",
  To: "+18005551212",
};
const signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";

it("knows a form that the telephone service signed from any other", () => {
  const form = new URLSearchParams(fields);
  expect(isSignedForm("12345", url, form, signature)).toBe(true);
  expect(isSignedForm("12346", url, form, signature)).toBe(false);
  expect(isSignedForm("12345", `${url}&x`, form, signature)).toBe(false);
  expect(isSignedForm("12345", url, new URLSearchParams({ ...fields, To: "+1" }), signature)).toBe(
    false,
  );
  fc.assert(
    fc.property(fc.string(), (forged) => {
      expect(isSignedForm("12345", url, form, forged)).toBe(false);
    }),
    { numRuns: 200 },
  );
});

it.each([
  ["ok", { number: undefined }],
  [" OK! ", { number: undefined }],
  ["1", { number: undefined }],
  ["ack #42", { number: 42 }],
  ["#7", { number: 7 }],
  ["", undefined],
  ["   ", undefined],
  ["who is this?", undefined],
  ["not ok", undefined],
  ["#99999999999999999999", undefined],
])("reads %j as %j", (text, meaning) => {
  expect(readReply(text)).toEqual(meaning);
});
