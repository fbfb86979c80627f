import { describe, expect, test } from "vitest";
import { ProtoWriter } from "../../../test/protobuf-writer.ts";
import { ProtoReader, tagOf, WIRE } from "../protobuf.ts";
import {
  attributesOfJson,
  FlatAttributes,
  readKeyValue,
  type AnyValue,
  type Attributes,
} from "./attributes.ts";

const INNERMOST = 'so "deep"';

const wrappers = {
  lists: {
    protobuf: (inner: ProtoWriter) =>
      new ProtoWriter().message(5, (list) => list.text(1, inner.bytes())),
    json: (inner: object) => ({ arrayValue: { values: [inner] } }),
    value: (inner: AnyValue) => [inner],
  },
  maps: {
    protobuf: (inner: ProtoWriter) =>
      new ProtoWriter().message(6, (map) =>
        map.message(1, (entry) => entry.text(1, "k").text(2, inner.bytes())),
      ),
    json: (inner: object) => ({ kvlistValue: { values: [{ key: "k", value: inner }] } }),
    value: (inner: AnyValue) => ({ k: inner }),
  },
};

function nested<T>(depth: number, innermost: T, wrap: (inner: T) => T): T {
  let value = innermost;
  for (let level = 0; level < depth; level += 1) value = wrap(value);
  return value;
}

function fromProtobuf(value: ProtoWriter): Attributes {
  const bytes = new ProtoWriter()
    .message(1, (entry) => entry.text(1, "deep").text(2, value.bytes()))
    .message(1, (entry) => entry.text(1, "after").message(2, (plain) => plain.text(1, "it")))
    .bytes();
  const reader = new ProtoReader(bytes);
  const attributes: Attributes = {};
  while (reader.more) {
    expect(reader.nextTag()).toBe(tagOf(1, WIRE.bytes));
    readKeyValue(reader, attributes);
  }
  return attributes;
}

function fromJson(value: object): Attributes {
  return attributesOfJson([
    { key: "deep", value },
    { key: "after", value: { stringValue: "it" } },
  ]);
}

describe.each(["lists", "maps"] as const)("%s in each other", (kind) => {
  const { protobuf, json, value } = wrappers[kind];

  // The innermost value itself is the sixteenth level.
  test.each([
    ["at the limit of depth", 15, 15, INNERMOST],
    ["one above it", 16, 16, null],
    ["far above it", 300, 16, null],
  ])("%s: %i of them", (_, given, kept, innermost) => {
    const expected = { deep: nested<AnyValue>(kept, innermost, value), after: "it" };
    const leaf = new ProtoWriter().text(1, INNERMOST);
    expect(fromProtobuf(nested(given, leaf, protobuf))).toEqual(expected);
    expect(fromJson(nested<object>(given, { stringValue: INNERMOST }, json))).toEqual(expected);
  });
});

test("what is at the limit is flattened with all of its names, and what is above leaves nothing", () => {
  const flat = (depth: number) =>
    new FlatAttributes({ count: 10, length: 1_000 }).add(
      fromJson(nested<object>(depth, { stringValue: INNERMOST }, wrappers.maps.json)),
    ).texts;
  expect(flat(15)).toEqual({ [`deep${".k".repeat(15)}`]: INNERMOST, after: "it" });
  expect(flat(16)).toEqual({ after: "it" });
});
