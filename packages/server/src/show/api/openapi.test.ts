import { operations } from "@seaworthy/contract";
import { expect, it } from "vitest";
import { openApiDocument } from "./openapi.ts";

interface Described {
  readonly operationId: string;
  readonly parameters: readonly { name: string; in: string; required: boolean }[];
  readonly responses: Readonly<Record<string, unknown>>;
}
const document = openApiDocument("1.2.3") as {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
};

it("describes every operation once, under its own id", () => {
  expect(document.openapi).toBe("3.1.0");
  const ids = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  expect(new Set(ids)).toEqual(new Set(Object.keys(operations)));
  expect(ids).toHaveLength(Object.keys(operations).length);
});

it("declares every path parameter, and no other", () => {
  for (const [path, methods] of Object.entries(document.paths)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    for (const { parameters } of Object.values(methods)) {
      const declared = parameters.filter((one) => one.in === "path");
      expect(declared.map(({ name }) => name)).toEqual(inPath);
      expect(declared.every(({ required }) => required)).toBe(true);
    }
  }
});

it("is plain JSON whose references all lead somewhere", () => {
  const text = JSON.stringify(document);
  expect(JSON.parse(text)).toEqual(document);
  for (const [, path = ""] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const target = path
      .split("/")
      .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);
    expect(target, path).toBeDefined();
  }
});
