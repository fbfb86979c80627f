import { readFile } from "node:fs/promises";
import { isCollection, isMap, isPair, isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { Document, Node } from "yaml";
import type { z } from "zod";
import { ConfigError, messageOf } from "./errors.ts";
import type { Fault } from "./errors.ts";

/** No configuration file that a person writes is larger; a larger one is a mistake in a path. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;

type Path = readonly PropertyKey[];

/** A document that fitted its schema, and the way back from a path in it to a place in the file. */
export interface ConfigDocument<T> {
  readonly file: string;
  readonly text: string;
  readonly value: T;
  /** A fault at `path`, for checks that the schema cannot express. */
  fault(path: Path, reason: string): Fault;
}

export interface ConfigOptions {
  /**
   * Hands a number or boolean to the schema as its source text when writing it back would change it
   * (`1.10`, `True`, `0x1F`), so that a field that takes text gets what the file says, as with Go's
   * YAML readers: `version: 1.10` is the label value "1.10".
   */
  readonly exactText?: boolean;
}

/** Reads a YAML file and checks it against `schema`. Throws ConfigError naming file, line and reason. */
export async function readConfigFile<T>(
  file: string,
  schema: z.ZodType<T>,
  options: ConfigOptions = {},
): Promise<ConfigDocument<T>> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new ConfigError([
      { file, line: 1, column: 1, path: "", reason: `cannot be read: ${messageOf(error)}` },
    ]);
  }
  return parseConfig(text, file, schema, options);
}

/** The same for a text that has already been read; `file` is used in messages. */
export function parseConfig<T>(
  text: string,
  file: string,
  schema: z.ZodType<T>,
  options: ConfigOptions = {},
): ConfigDocument<T> {
  const lines = new LineCounter();
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) {
    const reason = `is larger than ${MAX_FILE_BYTES} bytes; check that this is the right file`;
    throw new ConfigError([{ file, line: 1, column: 1, path: "", reason }]);
  }
  // `core` with merge keys is what Go's YAML readers accept; aliases are bounded against bombs.
  const document = parseDocument(text, {
    lineCounter: lines,
    merge: true,
    prettyErrors: false,
    uniqueKeys: true,
  });
  const broken = document.errors.map((error) => ({
    ...at(error.pos[0]),
    path: "",
    reason: error.message,
  }));
  if (broken.length > 0) throw new ConfigError(broken);

  if (options.exactText === true) keepSourceText(document);
  let raw: unknown;
  try {
    raw = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new ConfigError([{ ...at(0), path: "", reason: messageOf(error) }]);
  }
  const fault = (path: Path, reason: string): Fault => ({
    ...at(offsetOf(document, path)),
    path: formatPath(path),
    reason,
  });
  const result = schema.safeParse(raw ?? {});
  if (!result.success)
    throw new ConfigError(result.error.issues.flatMap((issue) => explain(issue, fault)));
  return { file, text, value: result.data, fault };
}

function keepSourceText(document: Document): void {
  visit(document, {
    Scalar(_key, node) {
      const { value, source } = node;
      if (typeof value !== "number" && typeof value !== "boolean") return;
      if (source !== undefined && String(value) !== source) node.value = source;
    },
  });
}

function explain(issue: z.core.$ZodIssue, fault: (path: Path, reason: string) => Fault): Fault[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => fault([...issue.path, key], `unknown field "${key}"`));
  }
  return [fault(issue.path, issue.message)];
}

/** The offset of the deepest node on `path` that exists; a key's own place when its value is asked. */
function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = startOf(node);
  for (const step of path) {
    if (!isCollection(node)) break;
    const key = typeof step === "symbol" ? String(step) : step;
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && item.key.value === key,
      );
      if (pair === undefined) break;
      offset = startOf(pair.key);
      node = pair.value;
    } else {
      node = node.get(key, true);
      if (node === undefined) break;
      offset = startOf(node);
    }
  }
  return offset;
}

function startOf(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}

function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    return text === "" ? String(step) : `${text}.${String(step)}`;
  }, "");
}
