import { WIRE } from "../protobuf.ts";
import { anyValueOfJson, readAnyValue } from "./attributes.ts";
import type { AnyValue } from "./attributes.ts";
import { many, message, one, text } from "./schema.ts";
import type { Field, Kind, Read } from "./schema.ts";

const anyValue: Kind<AnyValue> = {
  wire: WIRE.bytes,
  empty: () => null,
  fromProtobuf: (reader) => readAnyValue(reader),
  fromJson: (value) => anyValueOfJson(value),
};

const keyValue = message({ key: one(1, text), value: one(2, anyValue) });

/** Attributes as the list that they are on the wire. */
export type AttributeList = readonly Read<typeof keyValue>[];

/** The field of attributes, whose number differs from message to message. */
export function attributesAs(number: number): Field<Read<typeof keyValue>[]> {
  return many(number, keyValue);
}
