import { expect, it } from "vitest";
import { attributeCondition, readQuery, writeQuery } from "./trace-query.ts";

it("reads what it wrote, and keeps conditions that have no field", () => {
  const query = {
    service: 'a "quoted" one',
    operation: "GET /x && y",
    atLeast: "250ms",
    atMost: "1.5s",
    status: "error",
    others: ['.http.route = "/pay"', '(.a = 1 || .b = "}")'],
  };
  const text = writeQuery(query);
  expect(text).toBe(
    '{ resource.service.name = "a \\"quoted\\" one" && name = "GET /x && y" && duration >= 250ms && duration <= 1.5s && status = error && .http.route = "/pay" && (.a = 1 || .b = "}") }',
  );
  expect(readQuery(text)).toEqual(query);
});

it("knows nothing asked, other spellings, and a field that is there twice", () => {
  expect(readQuery("")).toEqual({});
  expect(readQuery("{ }")).toEqual({ others: [] });
  expect(writeQuery({})).toBe("{}");
  expect(readQuery("{.service.name=`x` && duration>1s && duration > 2s}")).toEqual({
    atLeast: "1s",
    others: [".service.name=`x`", "duration > 2s"],
  });
});

it.each([
  "{ .a = 1 } && { .b = 2 }",
  "{ .a = 1 || .b = 2 }",
  "{ .a = 1 } | count() > 2",
  "{ .a = 1 && }",
  "{ (.a = 1 }",
  "nonsense",
])("leaves alone what says more: %s", (text) => {
  expect(readQuery(text)).toBeNull();
});

it.each([
  ["status", "error", "status = error"],
  ["name", 'GET "x"', 'name = "GET \\"x\\""'],
  ["service", "shop", 'resource.service.name = "shop"'],
  ["http.route", "/pay", '.http.route = "/pay"'],
  ["odd name", "1", '."odd name" = "1"'],
])("asks for an attribute: %s", (name, value, condition) => {
  expect(attributeCondition(name, value)).toBe(condition);
});
