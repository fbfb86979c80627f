import type { Labels } from "../../model/index.ts";
import { ProtoReader, tagOf, WIRE } from "../protobuf.ts";
import { PushError } from "../push/errors.ts";
import type { LogCollector, StreamRef } from "./collector.ts";
import { isObject, listAt, objectAt, parseJson, scalarText, textAt } from "./json.ts";
import type { Json } from "./json.ts";
import { nanoseconds } from "./time.ts";

/**
 * Reads Loki's push request as JSON: `{"streams": [{"stream": {…}, "values": [["ns", "line", {…}]]}]}`.
 * https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs
 */
export function readLokiJson(body: Buffer, into: LogCollector): void {
  const request = objectAt(parseJson(body), "the body");
  listAt(request["streams"], "streams").forEach((stream, s) => {
    const where = `streams[${s}]`;
    const { stream: labels, values } = objectAt(stream, where);
    const ref = into.stream(textLabels(objectAt(labels, `${where}.stream`), `${where}.stream`));
    listAt(values, `${where}.values`).forEach((entry, v) => {
      const [time, line, metadata] = listAt(entry, `${where}.values[${v}]`);
      const at = `${where}.values[${v}]`;
      const ns = nanoseconds(scalarText(time));
      if (ns === undefined) {
        throw new PushError(
          "request_malformed",
          `${at}[0] must be a time in nanoseconds as a text of digits, not ${scalarText(time).slice(0, 40)}`,
        );
      }
      const text = textAt(line, `${at}[1]`);
      into.add(ref, ns, text, textLabels(objectAt(metadata, `${at}[2]`), `${at}[2]`));
    });
  });
}

function textLabels(labels: Readonly<Record<string, Json>>, where: string): Labels {
  const texts: Record<string, string> = {};
  for (const name in labels) {
    const value = labels[name];
    if (isObject(value) || Array.isArray(value)) {
      throw new PushError("request_malformed", `${where}.${name.slice(0, 60)} must be a text`);
    }
    texts[name] = scalarText(value);
  }
  return texts;
}

const STREAM = tagOf(1, WIRE.bytes);
const LABELS = tagOf(1, WIRE.bytes);
const ENTRY = tagOf(2, WIRE.bytes);
const TIMESTAMP = tagOf(1, WIRE.bytes);
const LINE = tagOf(2, WIRE.bytes);
const METADATA = tagOf(3, WIRE.bytes);
const SECONDS = tagOf(1, WIRE.varint);
const NANOS = tagOf(2, WIRE.varint);
const NAME = tagOf(1, WIRE.bytes);
const VALUE = tagOf(2, WIRE.bytes);

/** Reads Loki's push request as protobuf (pkg/push/push.proto), already decompressed. */
export function readLokiProtobuf(body: Buffer, into: LogCollector): void {
  const reader = new ProtoReader(body);
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === STREAM) readStream(reader, into);
    else reader.skip(tag);
  }
}

function readStream(reader: ProtoReader, into: LogCollector): void {
  const outer = reader.open();
  // The labels come first wherever a real sender writes them; the format allows any order.
  let ref: StreamRef | undefined;
  const waiting: Entry[] = [];
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === LABELS) {
      ref = into.stream(parseLabelText(reader.string()));
      for (const entry of waiting.splice(0)) into.add(ref, entry.time, entry.line, entry.metadata);
    } else if (tag === ENTRY) {
      const entry = readEntry(reader);
      if (ref === undefined) waiting.push(entry);
      else into.add(ref, entry.time, entry.line, entry.metadata);
    } else reader.skip(tag);
  }
  ref ??= into.stream({});
  for (const { time, line, metadata } of waiting) into.add(ref, time, line, metadata);
  reader.close(outer);
}

interface Entry {
  time: bigint;
  line: string;
  metadata: Record<string, string>;
}

function readEntry(reader: ProtoReader): Entry {
  const outer = reader.open();
  const entry: Entry = { time: 0n, line: "", metadata: {} };
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === TIMESTAMP) entry.time = readTimestamp(reader);
    else if (tag === LINE) entry.line = reader.string();
    else if (tag === METADATA) readPair(reader, entry.metadata);
    else reader.skip(tag);
  }
  reader.close(outer);
  return entry;
}

function readTimestamp(reader: ProtoReader): bigint {
  const outer = reader.open();
  let seconds = 0;
  let nanos = 0;
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === SECONDS) seconds = reader.int64();
    else if (tag === NANOS) nanos = reader.int64();
    else reader.skip(tag);
  }
  reader.close(outer);
  return BigInt(Math.trunc(seconds)) * 1_000_000_000n + BigInt(Math.trunc(nanos));
}

function readPair(reader: ProtoReader, into: Record<string, string>): void {
  const outer = reader.open();
  let name = "";
  let value = "";
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === NAME) name = reader.string();
    else if (tag === VALUE) value = reader.string();
    else reader.skip(tag);
  }
  reader.close(outer);
  if (name !== "") into[name] = value;
}

const PAIR = /\s*([A-Za-z_]\w*)\s*=\s*("(?:[^"\\]|\\.)*"|`[^`]*`)\s*(,|(?=\}))/y;

/** Reads labels as Loki's clients write them: `{app="shop", pod="a"}`. Throws PushError. */
export function parseLabelText(text: string): Labels {
  const labels: Record<string, string> = {};
  const open = /^\s*\{\s*/y;
  open.lastIndex = 0;
  if (!open.test(text)) throw badLabels(text);
  PAIR.lastIndex = open.lastIndex;
  let at = open.lastIndex;
  while (text[at] !== "}") {
    PAIR.lastIndex = at;
    const match = PAIR.exec(text);
    if (match === null) throw badLabels(text);
    labels[match[1] ?? ""] = unquote(match[2] ?? '""', text);
    at = PAIR.lastIndex;
    while (text[at] === " ") at += 1;
  }
  if (text.slice(at + 1).trim() !== "") throw badLabels(text);
  return labels;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\u000b",
};

/** A Go string literal's text. */
function unquote(literal: string, whole: string): string {
  const inner = literal.slice(1, -1);
  if (literal.startsWith("`") || !inner.includes("\\")) return inner;
  return inner.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gs,
    (_, x?: string, u?: string, U?: string, octal?: string, one?: string) => {
      if (one !== undefined) return ESCAPES[one] ?? one;
      const code =
        octal === undefined ? Number.parseInt(x ?? u ?? U ?? "", 16) : Number.parseInt(octal, 8);
      if (!(code <= 0x10_ff_ff)) throw badLabels(whole);
      return String.fromCodePoint(code);
    },
  );
}

function badLabels(text: string): PushError {
  return new PushError(
    "request_malformed",
    `a stream's labels must be written like {app="shop", pod="a"}, not ${text.slice(0, 200)}`,
  );
}
