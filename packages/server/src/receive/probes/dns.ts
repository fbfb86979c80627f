import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { Socket } from "node:net";
import type { HttpClientConfig } from "../scrape/http-client-config.ts";
import type { DnsSettings, RecordChecks } from "./config.ts";
import { open, secure } from "./connection.ts";
import { decodeAnswer, encodeQuery, QUERY_CLASSES, QUERY_TYPES, RCODES } from "./dns-message.ts";
import { ProbeFault } from "./fault.ts";
import { matchesIn } from "./http.ts";
import { addressOf, hostAndPort } from "./resolve.ts";
import type { ProbeResult } from "./result.ts";

interface DnsProbe {
  readonly target: string;
  readonly settings: DnsSettings;
  readonly client: HttpClientConfig;
}

/** Probes a DNS server: one query, and what is expected of the answer. */
export async function probeDns(
  { target, settings, client }: DnsProbe,
  result: ProbeResult,
  signal: AbortSignal,
): Promise<void> {
  for (const name of ["answer", "authority", "additional"] as const) {
    result.set(`probe_dns_${name}_rrs`, 0);
  }
  for (const phase of ["resolve", "connect", "request"]) {
    result.set("probe_dns_duration_seconds", 0, { phase });
  }
  result.set("probe_dns_query_succeeded", 0);
  const { host, port } = hostAndPort(target, settings.dns_over_tls ? 853 : 53);
  const { address, family, seconds } = await addressOf(host, settings, result);
  result.set("probe_dns_duration_seconds", seconds, { phase: "resolve" });
  const id = randomInt(65_536);
  const query = encodeQuery({
    id,
    name: settings.query_name,
    type: QUERY_TYPES[settings.query_type],
    class: QUERY_CLASSES[settings.query_class],
    recursion: settings.recursion_desired,
  });
  const started = performance.now();
  const source = settings.source_ip_address;
  let bytes: Buffer;
  if (settings.transport_protocol === "udp" && !settings.dns_over_tls) {
    bytes = await askUdp({ address, family, port, source }, query, signal);
  } else {
    let socket: Socket = await open({ address, port, source }, signal);
    try {
      if (settings.dns_over_tls) socket = await secure(socket, host, client, result, signal);
      const connected = (performance.now() - started) / 1000;
      result.set("probe_dns_duration_seconds", connected, { phase: "connect" });
      bytes = await askStream(socket, query, signal);
    } finally {
      socket.destroy();
    }
  }
  const took = (performance.now() - started) / 1000;
  result.add("probe_dns_duration_seconds", took, { phase: "request" });
  const message = decodeAnswer(bytes);
  if (message.id !== id) throw new ProbeFault("the answer is to another question");
  result.set("probe_dns_query_succeeded", 1);
  result.set("probe_dns_answer_rrs", message.answers.length);
  result.set("probe_dns_authority_rrs", message.authorities.length);
  result.set("probe_dns_additional_rrs", message.additionals.length);
  const serial = message.answers.find((record) => record.serial !== undefined)?.serial;
  if (settings.query_type === "SOA" && serial !== undefined) result.set("probe_dns_serial", serial);
  if (!settings.valid_rcodes.some((name) => RCODES[name] === message.rcode))
    result.fail(`the server answered with code ${message.rcode}`);
  check("answer", message.answers, settings.validate_answer_rrs, result);
  check("authority", message.authorities, settings.validate_authority_rrs, result);
  check("additional", message.additionals, settings.validate_additional_rrs, result);
}

async function askUdp(
  at: {
    readonly address: string;
    readonly family: 4 | 6;
    readonly port: number;
    readonly source: string | undefined;
  },
  query: Buffer,
  signal: AbortSignal,
): Promise<Buffer> {
  const socket = createSocket(at.family === 4 ? "udp4" : "udp6");
  try {
    if (at.source !== undefined) socket.bind(0, at.source);
    socket.connect(at.port, at.address);
    await once(socket, "connect", { signal });
    const answered = once(socket, "message", { signal }) as Promise<[Buffer]>;
    socket.send(query);
    return (await answered)[0];
  } finally {
    socket.close();
  }
}

/** Over TCP a message has its length before it. */
async function askStream(socket: Socket, query: Buffer, signal: AbortSignal): Promise<Buffer> {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(query.length);
  socket.write(Buffer.concat([length, query]));
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0))
      return bytes.subarray(2, 2 + bytes.readUInt16BE(0));
  }
  throw new ProbeFault("the server closed the connection without an answer");
}

function check(
  section: string,
  records: readonly { readonly text: string }[],
  checks: RecordChecks,
  result: ProbeResult,
): void {
  const {
    fail_if_matches_regexp: bad,
    fail_if_all_match_regexp: allBad,
    fail_if_not_matches_regexp: needed,
    fail_if_none_matches_regexp: oneNeeded,
  } = checks;
  const texts = records.map(({ text }) => text);
  const fails =
    texts.some((text) => bad.some((one) => matchesIn(one, text))) ||
    (allBad.length > 0 &&
      texts.length > 0 &&
      texts.every((text) => allBad.every((one) => matchesIn(one, text)))) ||
    (needed.length > 0 &&
      (texts.length === 0 ||
        !texts.every((text) => needed.every((one) => matchesIn(one, text))))) ||
    (oneNeeded.length > 0 && !texts.some((text) => oneNeeded.some((one) => matchesIn(one, text))));
  if (fails) result.fail(`the ${section} records are not as they should be`);
}
