import fc from "fast-check";
import { ProtoWriter } from "../protobuf-writer.ts";

/** A field of a message of any schema. */
type AnyField =
  | { readonly kind: "varint"; readonly field: number; readonly value: bigint }
  | { readonly kind: "fixed64"; readonly field: number; readonly value: bigint }
  | { readonly kind: "text"; readonly field: number; readonly value: string }
  | { readonly kind: "bytes"; readonly field: number; readonly value: Uint8Array }
  | { readonly kind: "message"; readonly field: number; readonly value: readonly AnyField[] };

/** Times that are good ones, so that what is behind them is reached. */
const TIMES = [1_700_000_000_000n, 1_700_000_000_000_000_000n];

/**
 * Messages that are protobuf without being of a schema: fields 1 to 14, which is where schemas have
 * theirs, nested as messages are.
 */
export const anyMessage: fc.Arbitrary<Buffer> = fc
  .letrec<{ fields: AnyField[] }>((tie) => {
    const field = fc.integer({ min: 1, max: 14 });
    const kindOf = <K extends string, V>(kind: K, value: fc.Arbitrary<V>) =>
      fc.record({ kind: fc.constant(kind), field, value });
    const number = fc.oneof(
      fc.constantFrom(...TIMES),
      fc.bigInt({ min: 0n, max: 20n }),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    );
    return {
      fields: fc.array(
        fc.oneof(
          { maxDepth: 6, depthSize: "small" },
          kindOf("varint", number),
          kindOf("fixed64", number),
          kindOf("text", fc.constantFrom("__name__", "up", "le", "", "é", "service.name")),
          kindOf("bytes", fc.uint8Array({ maxLength: 20 })),
          kindOf("message", tie("fields")),
          kindOf("message", tie("fields")),
        ),
        { maxLength: 6 },
      ),
    };
  })
  .fields.map((fields) => write(new ProtoWriter(), fields).bytes());

function write(writer: ProtoWriter, fields: readonly AnyField[]): ProtoWriter {
  for (const each of fields) {
    if (each.kind === "varint") writer.varint(each.field, each.value);
    else if (each.kind === "fixed64") writer.fixed64(each.field, each.value);
    else if (each.kind === "message") {
      writer.message(each.field, (inner) => write(inner, each.value));
    } else writer.text(each.field, each.value);
  }
  return writer;
}

/** What `bodies` makes, sometimes damaged: a byte changed, bytes cut out, or the end cut off. */
export function damaged(bodies: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const damage = fc.record({
    how: fc.constantFrom("none", "change", "remove", "cut"),
    at: fc.nat(),
    byte: fc.nat(255),
  });
  return fc.tuple(bodies, damage).map(([body, { how, at, byte }]) => {
    if (how === "none" || body.length === 0) return body;
    const place = at % body.length;
    if (how === "cut") return body.subarray(0, place);
    if (how === "remove") {
      return Buffer.concat([body.subarray(0, place), body.subarray(place + 1 + (byte % 4))]);
    }
    const changed = Buffer.from(body);
    changed[place] = byte;
    return changed;
  });
}
