import { createSocket } from "node:dgram";
import { once } from "node:events";

/** What the server answers for a name: records, or a DNS error code (2 SERVFAIL, 3 NXDOMAIN). */
export type DnsAnswer = readonly DnsRecord[] | 2 | 3;

export type DnsRecord =
  | { readonly type: "A" | "AAAA" | "NS" | "CNAME"; readonly value: string; readonly of?: string }
  | { readonly type: "MX"; readonly value: string }
  | { readonly type: "SRV"; readonly value: string; readonly port: number };

const TYPES = { A: 1, NS: 2, CNAME: 5, MX: 15, AAAA: 28, SRV: 33 } as const;

/** A DNS server over UDP on 127.0.0.1. `answer` is asked with lower-case names and the type's name. */
export async function startDnsServer(answer: (name: string, type: string) => DnsAnswer) {
  const socket = createSocket("udp4");
  socket.on("message", (query, peer) => {
    const { name, type, end } = readQuestion(query);
    const answered = answer(name, type);
    const records = typeof answered === "number" ? [] : answered;
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | (typeof answered === "number" ? answered : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    const body = records.map((record) => encodeRecord(name, record));
    socket.send(Buffer.concat([header, query.subarray(12, end), ...body]), peer.port, peer.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    address: `127.0.0.1:${socket.address().port}`,
    close: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}

function readQuestion(query: Buffer): { name: string; type: string; end: number } {
  const parts: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    parts.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const code = query.readUInt16BE(at + 1);
  const type = Object.entries(TYPES).find(([, number]) => number === code)?.[0] ?? String(code);
  return { name: parts.join(".").toLowerCase(), type, end: at + 5 };
}

function encodeName(name: string): Buffer {
  const parts = name.split(".").filter((part) => part !== "");
  return Buffer.concat([
    ...parts.map((part) => Buffer.from([part.length, ...Buffer.from(part, "latin1")])),
    Buffer.of(0),
  ]);
}

function encodeRecord(asked: string, record: DnsRecord): Buffer {
  const fixed = Buffer.alloc(10);
  const data = encodeData(record);
  fixed.writeUInt16BE(TYPES[record.type], 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(60, 4);
  fixed.writeUInt16BE(data.length, 8);
  const owner = "of" in record && record.of !== undefined ? record.of : asked;
  return Buffer.concat([encodeName(owner), fixed, data]);
}

function encodeData(record: DnsRecord): Buffer {
  switch (record.type) {
    case "A":
      return Buffer.from(record.value.split(".").map(Number));
    case "AAAA":
      return Buffer.from(record.value.replaceAll(":", ""), "hex");
    case "NS":
    case "CNAME":
      return encodeName(record.value);
    case "MX":
      return Buffer.concat([Buffer.of(0, 10), encodeName(record.value)]);
    case "SRV":
      return Buffer.concat([
        Buffer.of(0, 1, 0, 1, record.port >> 8, record.port & 255),
        encodeName(record.value),
      ]);
  }
}
