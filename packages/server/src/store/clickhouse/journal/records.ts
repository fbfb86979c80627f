import { crc32 } from "node:zlib";

/** How a journal's file begins. */
export const MAGIC = Buffer.from("SWJRNL1\n");
/** Before each record: its length and its CRC-32, both 32 bits, little-endian. */
const HEAD = 8;
/** A longer record was never written. */
export const MAX_RECORD_BYTES = 16 << 20;

/** What precedes a record in the file. */
export function headOf(record: Uint8Array): Buffer {
  const head = Buffer.allocUnsafe(HEAD);
  head.writeUInt32LE(record.length, 0);
  head.writeUInt32LE(crc32(record), 4);
  return head;
}

/** What a file of a journal holds. */
export interface ReadRecords {
  /** All records up to the first that is not whole; views of the file's bytes. */
  readonly records: Uint8Array[];
  /**
   * `torn`: the end was being written when the process or the machine stopped, so nobody was told that
   * it is kept. `damaged`: what follows a record that is not whole was written later.
   */
  readonly end: "whole" | "torn" | "damaged";
  /** Bytes after the last whole record. */
  readonly lost: number;
}

/** Takes a journal's file apart. Never throws: a file that is none has no records. */
export function readRecords(file: Buffer): ReadRecords {
  const records: Uint8Array[] = [];
  if (file.length < MAGIC.length || !file.subarray(0, MAGIC.length).equals(MAGIC)) {
    return { records, end: file.length <= MAGIC.length ? "torn" : "damaged", lost: file.length };
  }
  let at = MAGIC.length;
  while (at < file.length) {
    const record = recordAt(file, at);
    if (record === undefined) {
      return { records, end: endAt(file, at), lost: file.length - at };
    }
    records.push(record);
    at += HEAD + record.length;
  }
  return { records, end: "whole", lost: 0 };
}

/** The record at a place of the file; undefined when it is not whole. */
function recordAt(file: Buffer, at: number): Uint8Array | undefined {
  if (at + HEAD > file.length) return undefined;
  const length = file.readUInt32LE(at);
  const from = at + HEAD;
  if (length === 0 || length > MAX_RECORD_BYTES || from + length > file.length) return undefined;
  const record = file.subarray(from, from + length);
  return crc32(record) === file.readUInt32LE(at + 4) ? record : undefined;
}

/** Whether a record that is not whole is the end, or has a whole one behind it. */
function endAt(file: Buffer, at: number): "torn" | "damaged" {
  if (at + HEAD > file.length) return "torn";
  const next = at + HEAD + file.readUInt32LE(at);
  return recordAt(file, next) === undefined ? "torn" : "damaged";
}
