/** What the benchmarks of receivers have in common: bodies written by hand, senders, processor time. */

function varint(value) {
  const bytes = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** A field of protobuf with bytes, or with a whole number. */
export const field = (number, bytes) =>
  Buffer.concat([Buffer.from([(number << 3) | 2]), varint(bytes.length), bytes]);
export const numberField = (number, value) =>
  Buffer.concat([Buffer.from([number << 3]), varint(value)]);

/** A field of protobuf of 64 bits. */
export function fixedField(number, value) {
  const bytes = Buffer.alloc(9);
  bytes[0] = (number << 3) | 1;
  bytes.writeBigUInt64LE(value, 1);
  return bytes;
}

/** An attribute of OTLP with a text. */
export const attributeField = (number, name, value) =>
  field(
    number,
    Buffer.concat([field(1, Buffer.from(name)), field(2, field(1, Buffer.from(value)))]),
  );

/** Seconds of processor time that this process takes for some work, the engine's threads included. */
export async function processorTime(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Runs `work` over the items, sixteen at a time, as sixteen senders would. */
export async function sixteenAtATime(items, work) {
  const queue = [...items];
  const one = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 16 }, one));
}

/** A body as a request brings it. */
export async function* piece(body) {
  yield body;
}

/** Whole numbers below n, the same in each run. */
export function seededRandom() {
  let state = 1;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** Prints a row of a benchmark, with --json as all of them do. */
export function printer(bench, json) {
  return (row) => {
    const { ours, limit, unit } = row;
    const ratio = limit === null ? null : unit.endsWith("/s") ? limit / ours : ours / limit;
    if (json) {
      const full = { bench, peer: null, peerName: null, ...row, ratio };
      process.stdout.write(`${JSON.stringify(full)}\n`);
      return;
    }
    const beside = limit === null ? "" : ` (raw engine ${round(limit)}, ratio ${ratio.toFixed(2)})`;
    process.stdout.write(`${row.case}: ${round(ours)} ${unit}${beside}\n`);
  };
}
const round = (value) => (value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(2));
