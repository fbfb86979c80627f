import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonFieldReader, UNKNOWN_FIELD } from "./json-fields.ts";
import { compilePipeline } from "./pipeline.ts";

const PATHS = [["status"], ["status_code"], ["res", "status"], ["err", "type"], ["msg"]];
const NAMES = PATHS.map((path) => path.join("_"));
const reader = new JsonFieldReader(PATHS, 8);

function fieldsOf(line: string) {
  const shape = reader.read(line);
  const found = NAMES.flatMap((name, i) => {
    const value = reader.values[i] ?? "";
    return value === "" ? [] : [[name, value] as const];
  });
  return { shape, fields: Object.fromEntries(found) };
}

describe("the fields of a line", () => {
  it.each([
    ['{"status":200,"res":{"status":"ok"}}', { status: "200", res_status: "ok" }],
    [' {"status" : 1.50 , "msg":null}\n', { status: "1.50" }],
    ['{"status":1e2,"err":{"type":-0}}', { status: "1e2", err_type: "-0" }],
    ['{"status":true,"status":2}', { status: "true" }],
    ['{"status":null,"status":2}', {}],
    ['{"sta\\u0074us":"a\\nb"}', { status: "a\nb" }],
    ['{"res":1,"res":{"status":2}}', {}],
    ['{"res":{"x":{"status":2}},"other":{"status":3}}', {}],
    ['{"msg":"nine char"}', { msg: UNKNOWN_FIELD }],
    ['{"msg":{"a":1}}', { msg: UNKNOWN_FIELD }],
    ['{"res-status":1}', { res_status: UNKNOWN_FIELD }],
    ['{"res_status":1,"res":{"status":2}}', { res_status: UNKNOWN_FIELD }],
    ['{"status":{"code":1}}', { status: UNKNOWN_FIELD, status_code: UNKNOWN_FIELD }],
  ])("%s", (line, fields) => {
    expect(fieldsOf(line)).toEqual({ shape: "object", fields });
  });

  it.each(["", "text", "[1]", '"x"', '{"status":1', '{"status":01}', '{"status":1}x', "{'a':1}"])(
    "none, of what is no object: %s",
    (line) => {
      expect(fieldsOf(line)).toEqual({ shape: "none", fields: {} });
    },
  );

  it("are not told where an object has no name", () => {
    expect(fieldsOf('{"":{"status":1}}').shape).toBe("unknown");
  });

  it("have room for keys of any number", () => {
    for (let i = 0; i < 5000; i += 1) fieldsOf(`{"key${i}":1,"status":${i}}`);
    expect(fieldsOf('{"status":3}').fields).toEqual({ status: "3" });
  });
});

const KEYS = [
  "status",
  "status_code",
  "res",
  "err",
  "type",
  "msg",
  "code",
  "status-code",
  "res.status",
];
const key = fc.constantFrom(...KEYS, "", "a", "__proto__", 'q"', "é");
const { object: anyObject } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(200, 1.5, -0, "200", "", "[1]", "a\\b", "\u0000", "0", true, null, "é\n"),
    fc.string(),
    tie("object"),
    fc.array(tie("value"), { maxLength: 2 }),
  ),
  object: fc.array(fc.tuple(key, tie("value")), { maxLength: 5 }).map((members) => ({ members })),
}));

/** With names that stand twice, which no object of JavaScript has. */
function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const { members } = value as { readonly members: readonly [string, unknown][] };
  return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${written(each)}`).join(",")}}`;
}

const edited = fc
  .tuple(
    anyObject.map(written),
    fc.nat(60),
    fc.constantFrom("", "", "", " ", "\t", "\\", '"', "0", "{", "e"),
  )
  .map(([line, at, text]) => (text === "" ? line : line.slice(0, at) + text + line.slice(at)));

it("are those of the stage json, and of its paths, whatever the line", () => {
  const json = compilePipeline([{ kind: "json", fields: [] }]);
  const expressions = ["status", "status_code", "res.status", "err.type", "msg"];
  const paths = compilePipeline([
    {
      kind: "json",
      fields: expressions.map((expression, i) => ({ label: NAMES[i] ?? "", expression })),
    },
  ]);
  fc.assert(
    fc.property(edited, (line) => {
      const { shape, fields } = fieldsOf(line);
      if (shape === "unknown") return;
      for (const pipeline of [json, paths]) {
        const labels = pipeline.run(line, 0n, {}, {})?.labels;
        expect(labels?.error === "").toBe(shape === "object");
        for (const name of NAMES) {
          if (fields[name] === UNKNOWN_FIELD) continue;
          expect(labels?.get(name)).toBe(fields[name] ?? "");
        }
      }
    }),
    { numRuns: 1000 },
  );
});
