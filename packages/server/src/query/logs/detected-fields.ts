import { compilePipeline } from "@seaworthy/logql";
import type { LogLine } from "@seaworthy/logql";

/** A field that lines have. */
export interface DetectedField {
  readonly label: string;
  readonly type: "string" | "int" | "float" | "boolean" | "duration" | "bytes";
  /** Different values among the lines that were looked at. */
  readonly cardinality: number;
  /** By which parsers it is found; none for structured metadata. */
  readonly parsers: readonly ("json" | "logfmt")[];
  /** The values, as many as are kept. */
  readonly values: readonly string[];
}

/** Values of one field that are kept. */
const MAX_VALUES = 1000;

interface Found {
  readonly values: Set<string>;
  readonly parsers: Set<"json" | "logfmt">;
}

/** Finds the fields of lines: their metadata, and what `json` or `logfmt` would extract. */
export function detectFields(lines: readonly LogLine[]): DetectedField[] {
  const json = compilePipeline([{ kind: "json", fields: [] }]);
  const logfmt = compilePipeline([{ kind: "logfmt", fields: [], strict: false, keepEmpty: false }]);
  const fields = new Map<string, Found>();
  const note = (label: string, value: string, parser: "json" | "logfmt" | undefined) => {
    if (label.startsWith("__")) return;
    const found = fields.get(label) ?? { values: new Set(), parsers: new Set() };
    fields.set(label, found);
    if (found.values.size < MAX_VALUES) found.values.add(value);
    if (parser !== undefined) found.parsers.add(parser);
  };
  for (const { line, timeNs, metadata, parsed } of lines) {
    for (const [label, value] of Object.entries(metadata)) note(label, value, undefined);
    for (const [label, value] of Object.entries(parsed)) note(label, value, undefined);
    const isJson = line.trimStart().startsWith("{");
    const result = (isJson ? json : logfmt).run(line, timeNs, {}, {});
    if (result === undefined || result.labels.error !== "") continue;
    for (const [label, value] of Object.entries(result.labels.all())) {
      note(label, value, isJson ? "json" : "logfmt");
    }
  }
  return [...fields]
    .map(([label, { values, parsers }]) => ({
      label,
      type: typeOf([...values]),
      cardinality: values.size,
      parsers: [...parsers],
      values: [...values],
    }))
    .sort((a, b) => b.cardinality - a.cardinality || (a.label < b.label ? -1 : 1));
}

const TYPES: readonly (readonly [DetectedField["type"], RegExp])[] = [
  ["boolean", /^(?:true|false)$/i],
  ["int", /^-?\d+$/],
  ["float", /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i],
  ["duration", /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/],
  ["bytes", /^\d+(?:\.\d+)?\s?(?:[KMGTP]i?)?B$/i],
];

function typeOf(values: readonly string[]): DetectedField["type"] {
  return TYPES.find(([, pattern]) => values.every((value) => pattern.test(value)))?.[0] ?? "string";
}
