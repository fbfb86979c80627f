import type { Matcher, MatchOperator } from "@seaworthy/promql";
import { ProtoReader, tagOf, WIRE } from "../../../receive/index.ts";
import { ApiError } from "../api-error.ts";

/** One of the questions of a remote read. */
export interface ReadQuery {
  /** ms since 1970, both inclusive. */
  readonly startMs: number;
  readonly endMs: number;
  readonly matchers: readonly Matcher[];
}

const QUERY = tagOf(1, WIRE.bytes);
const ACCEPTED = tagOf(2, WIRE.varint);
const ACCEPTED_PACKED = tagOf(2, WIRE.bytes);
const START = tagOf(1, WIRE.varint);
const END = tagOf(2, WIRE.varint);
const MATCHER = tagOf(3, WIRE.bytes);
const TYPE = tagOf(1, WIRE.varint);
const NAME = tagOf(2, WIRE.bytes);
const VALUE = tagOf(3, WIRE.bytes);

/** The kind of answer that is given here: samples as they are. The other is streamed chunks. */
const SAMPLES = 0;
const OPERATORS: readonly MatchOperator[] = ["=", "!=", "=~", "!~"];
const MAX_QUERIES = 100;
const MAX_MATCHERS = 100;

/**
 * Reads the message prometheus.ReadRequest. Throws ApiError or ProtobufError for what is none, and for
 * one that takes no plain samples.
 */
export function readRequest(bytes: Buffer): ReadQuery[] {
  const reader = new ProtoReader(bytes);
  const queries: ReadQuery[] = [];
  const accepted: number[] = [];
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === QUERY) queries.push(readQuery(reader));
    else if (tag === ACCEPTED) accepted.push(reader.uint32());
    else if (tag === ACCEPTED_PACKED) {
      const outer = reader.open();
      while (reader.more) accepted.push(reader.uint32());
      reader.close(outer);
    } else reader.skip(tag);
    if (queries.length > MAX_QUERIES) {
      throw new ApiError("bad_data", `a remote read may ask ${MAX_QUERIES} questions at a time`);
    }
  }
  if (accepted.length > 0 && !accepted.includes(SAMPLES)) {
    throw new ApiError("bad_data", "remote reads are answered as SAMPLES alone; accept that type");
  }
  return queries;
}

function readQuery(reader: ProtoReader): ReadQuery {
  const outer = reader.open();
  const matchers: Matcher[] = [];
  let [startMs, endMs] = [0, 0];
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === START) startMs = reader.int64();
    else if (tag === END) endMs = reader.int64();
    else if (tag === MATCHER) matchers.push(readMatcher(reader));
    else reader.skip(tag);
    if (matchers.length > MAX_MATCHERS) {
      throw new ApiError("bad_data", `a remote read may have ${MAX_MATCHERS} matchers`);
    }
  }
  reader.close(outer);
  return { startMs, endMs, matchers };
}

function readMatcher(reader: ProtoReader): Matcher {
  const outer = reader.open();
  let [type, name, value] = [0, "", ""];
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === TYPE) type = reader.uint32();
    else if (tag === NAME) name = reader.string();
    else if (tag === VALUE) value = reader.string();
    else reader.skip(tag);
  }
  reader.close(outer);
  const operator = OPERATORS[type];
  if (operator === undefined) throw new ApiError("bad_data", `matchers have no type ${type}`);
  return { name, operator, value };
}
