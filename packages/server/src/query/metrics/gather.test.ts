import { Labels } from "@seaworthy/promql";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Block } from "../../store/index.ts";
import { SampleGatherer } from "./gather.ts";

const BITS = 0x7ff0_0000_0000_0002n;

/** Rows as the table has them: by series within a stretch of time; the bits tell which one it was. */
function blockOf(rows: readonly { readonly id: bigint; readonly time: number }[]): Block {
  // An answer's numbers begin anywhere.
  const numbers = (data: BigUint64Array | Float64Array) => {
    const bytes = new Uint8Array(data.byteLength + 3).subarray(3);
    bytes.set(new Uint8Array(data.buffer));
    return { kind: "numbers", bytes, data } as const;
  };
  return {
    rows: rows.length,
    columns: new Map([
      ["series", numbers(BigUint64Array.from(rows, ({ id }) => id))],
      ["ms", numbers(Float64Array.from(rows, ({ time }) => time))],
      [
        "value",
        numbers(
          new Float64Array(
            BigUint64Array.from(rows, ({ id, time }) => BITS + (id % 7n) * 1000n + BigInt(time))
              .buffer,
          ),
        ),
      ],
    ]),
  };
}

/** Ids that share one half, neighbours and far ones. */
const IDS = [1n, 2n, 3n, (1n << 32n) | 1n, (1n << 32n) | 2n, (5n << 32n) | 1n, (1n << 63n) | 3n];

it("gives each wanted series its samples, ascending, each time once, with their bits", () => {
  const row = fc.record({ id: fc.constantFrom(...IDS), time: fc.nat(40) });
  const blocks = fc.array(fc.array(row, { maxLength: 60 }), { maxLength: 4 });
  fc.assert(
    fc.property(blocks, fc.subarray(IDS), (rows, wanted) => {
      const series = wanted.map((id) => ({ id, labels: Labels.from({ id: String(id) }) }));
      const found = [...new SampleGatherer(series).gather(rows.map(blockOf))];
      const expected = wanted.flatMap((id) => {
        const all = rows.flat().filter((each) => each.id === id);
        const times = [...new Set(all.map(({ time }) => time))].sort((a, b) => a - b);
        return times.length === 0 ? [] : [{ id, times }];
      });
      expect(found.map(({ labels, times }) => [labels.get("id"), ...times])).toEqual(
        expected.map(({ id, times }) => [String(id), ...times]),
      );
      expected.forEach(({ id, times }, i) => {
        const values = found[i]?.values ?? new Float64Array();
        const bits = new BigUint64Array(values.buffer, values.byteOffset, values.length);
        expect([...bits]).toEqual(times.map((time) => BITS + (id % 7n) * 1000n + BigInt(time)));
      });
    }),
  );
});
