import type { LogCollector } from "./collector.ts";
import { labelName } from "./collector.ts";
import { isList, isObject, scalarText } from "./json.ts";
import type { Json, JsonObject } from "./json.ts";
import { PushError } from "../push/errors.ts";
import { readTime } from "./time.ts";

const TIME_FIELDS = ["time", "timestamp", "@timestamp", "ts", "t", "date"];
const SERVICE_FIELDS = ["service_name", "service.name", "service"];
const TRACE_FIELDS = ["trace_id", "traceId", "traceID", "dd.trace_id"];
const SPAN_FIELDS = ["span_id", "spanId", "spanID"];

/**
 * Reads lines, each one JSON object or plain text; a body that is one JSON list is its elements. The
 * stream's labels are the request's query parameters, and a line's service if it names one. The line
 * is stored as it came; its time is read from the field that it has for it.
 */
export function readJsonLines(body: Buffer, query: URLSearchParams, into: LogCollector): void {
  const labels: Record<string, string> = {};
  for (const [name, value] of query) labels[labelName(name)] = value;
  const add = (line: string, record: JsonObject | undefined) => {
    const service = first(record, SERVICE_FIELDS);
    const stream = service === "" ? labels : { ...labels, service_name: service };
    const ref = into.stream(
      Object.keys(stream).length === 0 ? { service_name: "unknown_service" } : stream,
    );
    const time = TIME_FIELDS.map((name) => readTime(record?.[name])).find((t) => t !== undefined);
    const metadata: Record<string, string> = {};
    const [trace, span] = [first(record, TRACE_FIELDS), first(record, SPAN_FIELDS)];
    if (trace !== "") metadata["trace_id"] = trace;
    if (span !== "") metadata["span_id"] = span;
    into.add(ref, time, line, metadata);
  };
  for (const { line, record } of elements(body)) add(line, record);
}

function first(record: JsonObject | undefined, names: readonly string[]): string {
  for (const name of names) {
    const text = scalarText(record?.[name]);
    if (text !== "") return text;
  }
  return "";
}

/** The elements of a body that is lines or one JSON list. */
export function* elements(
  body: Buffer,
): Generator<{ readonly line: string; readonly record: JsonObject | undefined }> {
  const text = body.toString("utf8");
  if (/^\s*\[/.test(text)) {
    let list: Json;
    try {
      list = JSON.parse(text) as Json;
    } catch {
      list = null;
    }
    if (isList(list)) {
      for (const element of list) {
        const record = isObject(element) ? element : undefined;
        yield { line: scalarText(element), record };
      }
      return;
    }
  }
  for (let start = 0; start < text.length;) {
    const end = text.indexOf("\n", start);
    const line = text.slice(start, end === -1 ? text.length : end).replace(/\r$/, "");
    start = end === -1 ? text.length : end + 1;
    if (line.trim() !== "") yield { line, record: parsedObject(line) };
  }
}

function parsedObject(line: string): JsonObject | undefined {
  if (!/^\s*\{/.test(line)) return undefined;
  try {
    const value = JSON.parse(line) as Json;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The records of a body that must be JSON objects, one or a list or one a line. Throws PushError. */
export function* records(body: Buffer): Generator<JsonObject> {
  let index = 0;
  for (const { line, record } of elements(body)) {
    if (record === undefined) {
      throw new PushError(
        "request_malformed",
        `entry ${index} is not a JSON object: ${line.slice(0, 80)}`,
      );
    }
    yield record;
    index += 1;
  }
}
