import type { Labels } from "../../model/index.ts";

/** The series of probes, by blackbox_exporter's names, with what they say. */
const HELP = {
  probe_success: "Whether the probe succeeded",
  probe_duration_seconds: "How long the whole probe took",
  probe_dns_lookup_time_seconds: "How long the target's name took to look up",
  probe_ip_protocol: "The version of IP that was used, 4 or 6",
  probe_ip_addr_hash: "A hash of the target's address, to see that it changes",
  probe_failed_due_to_regex: "Whether the probe failed because of a regular expression",
  probe_http_content_length: "The Content-Length of the answer, -1 without",
  probe_http_duration_seconds: "How long each phase took, summed over redirects",
  probe_http_last_modified_timestamp_seconds: "The Last-Modified of the answer",
  probe_http_redirects: "How many redirects were followed",
  probe_http_ssl: "Whether the last answer came over TLS",
  probe_http_status_code: "The status of the answer",
  probe_http_uncompressed_body_length: "The bytes of the body, decompressed",
  probe_http_version: "The version of HTTP of the answer",
  probe_ssl_earliest_cert_expiry: "When the first certificate of the chain expires",
  probe_ssl_last_chain_expiry_timestamp_seconds: "When the verified chain expires",
  probe_ssl_last_chain_info: "The server's certificate",
  probe_tls_version_info: "The version of TLS that was used",
  probe_tls_cipher_info: "The cipher that was used",
  probe_expect_info: "What was found in the answers of a TCP server",
  probe_dns_answer_rrs: "Records in the answer section",
  probe_dns_authority_rrs: "Records in the authority section",
  probe_dns_additional_rrs: "Records in the additional section",
  probe_dns_duration_seconds: "How long each phase took",
  probe_dns_query_succeeded: "Whether the server answered at all",
  probe_dns_serial: "The serial of the zone, for queries of type SOA",
  probe_icmp_duration_seconds: "How long each phase took",
  probe_icmp_reply_hop_limit: "The hop limit (TTL) of the reply",
} as const;

type SeriesName = keyof typeof HELP;

/** What one probe has found out, series by series. */
export class ProbeResult {
  readonly #families = new Map<SeriesName, Map<string, number>>();
  #reason: string | undefined;

  /** Why the probe failed; undefined while it has not. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Notes that the probe failed; the first reason counts. */
  fail(reason: string): void {
    this.#reason ??= reason;
  }

  set(name: SeriesName, value: number, labels: Labels = {}): void {
    this.#family(name).set(textOf(labels), value);
  }

  add(name: SeriesName, value: number, labels: Labels = {}): void {
    const family = this.#family(name);
    const key = textOf(labels);
    family.set(key, (family.get(key) ?? 0) + value);
  }

  /** The result as an exposition (text format 0.0.4), its reason as a comment. */
  exposition(): string {
    const lines = this.#reason === undefined ? [] : [`# failed: ${oneLine(this.#reason)}`];
    for (const [name, samples] of this.#families) {
      lines.push(`# HELP ${name} ${HELP[name]}`, `# TYPE ${name} gauge`);
      for (const [labels, value] of samples) lines.push(`${name}${labels} ${value}`);
    }
    return `${lines.join("\n")}\n`;
  }

  #family(name: SeriesName): Map<string, number> {
    let family = this.#families.get(name);
    if (family === undefined) this.#families.set(name, (family = new Map()));
    return family;
  }
}

function textOf(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, " ").slice(0, 500);
}
