import fc from "fast-check";
import { expect, it } from "vitest";
import { renderStatement } from "./statement.ts";

it("puts typed constants in the place of placeholders", () => {
  const sql = renderStatement(
    "SELECT {a:UInt64}, {b:Array(Int64)}, {c:Float64}, {d:String}, {e:Array(String)}, {d:String}",
    { a: 2n ** 64n - 1n, b: [1, -2n], c: 1e300, d: "shop:api-1", e: ["it's", ""] },
  );
  expect(sql).toBe(
    "SELECT 18446744073709551615, [1,-2], toFloat64('1e+300'), 'shop:api-1', [unhex('69742773'),''], 'shop:api-1'",
  );
});

it("lets no text out of its literal", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (value) => {
      const sql = renderStatement("{x:String}", { x: value });
      expect(sql).toMatch(/^(?:'[A-Za-z0-9_.:/-]*'|unhex\('[0-9a-f]*'\))$/);
    }),
  );
});

it("refuses values that are not of their type, and missing ones", () => {
  expect(() => renderStatement("{x:UInt64}", { x: "1; DROP" })).toThrow(/x is not of type UInt64/);
  expect(() => renderStatement("{x:UInt64}", { x: 2 ** 53 })).toThrow(/x is not/);
  expect(() => renderStatement("{x:Array(UInt64)}", { x: 1 })).toThrow(/x is not/);
  expect(() => renderStatement("{x:Nothing}", { x: 1 })).toThrow(/x is not/);
  expect(() => renderStatement("{toString:String}", {})).toThrow(/toString has no value/);
});

it("refuses a second statement, but not a semicolon in text, a name or a comment", () => {
  const sound = "SELECT ';', \";\", `;`, '\\';' -- ;\n/* ; */";
  expect(renderStatement(sound, {})).toBe(sound);
  expect(() => renderStatement("SELECT 1; SELECT 2", {})).toThrow(/semicolon/);
  expect(() => renderStatement("SELECT 'a' ; -- '", {})).toThrow(/semicolon/);
});
