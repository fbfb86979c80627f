import { ProbeFault } from "./fault.ts";

/** Codes of the Domain Name System (IANA: "Domain Name System (DNS) Parameters"). */
export const QUERY_TYPES = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  DS: 43,
  DNSKEY: 48,
  TLSA: 52,
  SVCB: 64,
  HTTPS: 65,
  CAA: 257,
  ANY: 255,
} as const;
export const QUERY_CLASSES = { IN: 1, CH: 3, HS: 4, ANY: 255 } as const;
export const RCODES = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
} as const;

const HEADER = 12;
const MAX_NAME = 255;
const MAX_JUMPS = 64;
/** More records than any answer to one question has. */
const MAX_RECORDS = 4096;

/** One record of an answer, its data as zone files write it. */
interface DnsRecord {
  readonly type: number;
  /** `name TTL class type data`, separated by tabs. */
  readonly text: string;
  /** Of an SOA record. */
  readonly serial: number | undefined;
}

interface DnsMessage {
  readonly id: number;
  readonly truncated: boolean;
  readonly rcode: number;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
}

/** A query for one name (RFC 1035 section 4). Throws ProbeFault when that is no name. */
export function encodeQuery(query: {
  readonly id: number;
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly recursion: boolean;
}): Buffer {
  const parts = query.name.split(".").filter((part) => part !== "");
  const encoded = parts.map((part) => {
    const bytes = Buffer.from(part);
    if (bytes.length > 63) throw new ProbeFault(`${JSON.stringify(query.name)} is not a DNS name`);
    return Buffer.concat([Buffer.of(bytes.length), bytes]);
  });
  const name = Buffer.concat([...encoded, Buffer.of(0)]);
  if (name.length > MAX_NAME)
    throw new ProbeFault(`${JSON.stringify(query.name)} is not a DNS name`);
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(query.id, 0);
  header.writeUInt16BE(query.recursion ? 0x0100 : 0, 2);
  header.writeUInt16BE(1, 4);
  const end = Buffer.alloc(4);
  end.writeUInt16BE(query.type, 0);
  end.writeUInt16BE(query.class, 2);
  return Buffer.concat([header, name, end]);
}

/** Reads an answer. Throws ProbeFault when it is none. */
export function decodeAnswer(bytes: Buffer): DnsMessage {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof ProbeFault) throw error;
    // Node's way to say that there are fewer bytes than the message claims.
    if (error instanceof RangeError) throw new ProbeFault("the answer ends too early");
    throw error;
  }
}

function decode(bytes: Buffer): DnsMessage {
  const id = bytes.readUInt16BE(0);
  const flags = bytes.readUInt16BE(2);
  if ((flags & 0x8000) === 0) throw new ProbeFault("the message is no answer");
  const [questions = 0, ...counts] = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at));
  if (questions + counts.reduce((sum, count) => sum + count, 0) > MAX_RECORDS)
    throw new ProbeFault("the answer has too many records");
  let at = HEADER;
  for (let i = 0; i < questions; i++) at = readName(bytes, at).next + 4;
  const [answers = [], authorities = [], additionals = []] = counts.map((count) => {
    const records: DnsRecord[] = [];
    for (let i = 0; i < count; i++) {
      const { record, next } = readRecord(bytes, at);
      records.push(record);
      at = next;
    }
    return records;
  });
  const truncated = (flags & 0x0200) !== 0;
  return { id, truncated, rcode: flags & 15, answers, authorities, additionals };
}

function readRecord(bytes: Buffer, start: number): { record: DnsRecord; next: number } {
  const { name, next: at } = readName(bytes, start);
  const type = bytes.readUInt16BE(at);
  const ttl = bytes.readUInt32BE(at + 4);
  const length = bytes.readUInt16BE(at + 8);
  const from = at + 10;
  if (from + length > bytes.length) throw new ProbeFault("the answer ends too early");
  const data = bytes.subarray(0, from + length);
  const [typeName, className] = [
    nameOf(QUERY_TYPES, type) ?? `TYPE${type}`,
    nameOf(QUERY_CLASSES, bytes.readUInt16BE(at + 2)) ?? `CLASS${bytes.readUInt16BE(at + 2)}`,
  ];
  const text = [name, ttl, className, typeName, dataText(data, from, type)].join("\t");
  const serial = type === QUERY_TYPES.SOA ? serialOf(data, from) : undefined;
  return { record: { type, text, serial }, next: from + length };
}

function nameOf(table: Readonly<Record<string, number>>, code: number): string | undefined {
  return Object.keys(table).find((name) => table[name] === code);
}

/** The data of a record in the form of zone files; of types not known by RFC 3597. */
function dataText(bytes: Buffer, at: number, type: number): string {
  const length = bytes.length - at;
  switch (type) {
    case QUERY_TYPES.A:
      return length === 4 ? [...bytes.subarray(at)].join(".") : unknownData(bytes, at);
    case QUERY_TYPES.AAAA:
      return length === 16 ? addressText(bytes, at) : unknownData(bytes, at);
    case QUERY_TYPES.NS:
    case QUERY_TYPES.CNAME:
    case QUERY_TYPES.PTR:
      return readName(bytes, at).name;
    case QUERY_TYPES.MX:
      return `${bytes.readUInt16BE(at)} ${readName(bytes, at + 2).name}`;
    case QUERY_TYPES.SRV: {
      const numbers = [0, 2, 4].map((offset) => bytes.readUInt16BE(at + offset));
      return `${numbers.join(" ")} ${readName(bytes, at + 6).name}`;
    }
    case QUERY_TYPES.TXT:
      return strings(bytes, at)
        .map((text) => `"${text.replaceAll(/["\\]/g, "\\$&")}"`)
        .join(" ");
    case QUERY_TYPES.SOA: {
      const primary = readName(bytes, at);
      const mail = readName(bytes, primary.next);
      const numbers = [0, 4, 8, 12, 16].map((offset) => bytes.readUInt32BE(mail.next + offset));
      return `${primary.name} ${mail.name} ${numbers.join(" ")}`;
    }
    default:
      return unknownData(bytes, at);
  }
}

function serialOf(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(readName(bytes, readName(bytes, at).next).next);
}

function unknownData(bytes: Buffer, at: number): string {
  return `\\# ${bytes.length - at} ${bytes.toString("hex", at)}`.trim();
}

function addressText(bytes: Buffer, at: number): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(at + 2 * i).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

function strings(bytes: Buffer, start: number): string[] {
  const found: string[] = [];
  for (let at = start; at < bytes.length; at += 1 + bytes.readUInt8(at)) {
    found.push(bytes.toString("latin1", at + 1, at + 1 + bytes.readUInt8(at)));
  }
  return found;
}

/** A name, with the pointers that it may hold followed, and where what is behind it begins. */
function readName(bytes: Buffer, start: number): { name: string; next: number } {
  const parts: string[] = [];
  let at = start;
  let next: number | undefined;
  for (let jumps = 0, size = 0; ;) {
    const length = bytes.readUInt8(at);
    if (length === 0) break;
    if (length >= 0xc0) {
      next ??= at + 2;
      if (++jumps > MAX_JUMPS) throw new ProbeFault("a name in the answer points in a circle");
      at = bytes.readUInt16BE(at) & 0x3fff;
      continue;
    }
    size += length + 1;
    if (length > 63 || size > MAX_NAME || at + 1 + length > bytes.length)
      throw new ProbeFault("a name in the answer is damaged");
    parts.push(bytes.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: `${parts.join(".")}.`, next: next ?? at + 1 };
}
