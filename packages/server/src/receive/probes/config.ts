import { access, constants } from "node:fs/promises";
import { dirname, isAbsolute, resolve } from "node:path";
import { RE2JS } from "re2js";
import { z } from "zod";
import { ConfigError, messageOf, readConfigFile } from "../../model/index.ts";
import type { Fault } from "../../model/index.ts";
import {
  byteSize,
  count,
  duration,
  flag,
  text,
  unsupportedFields,
  withoutNulls,
} from "../scrape/config-fields.ts";
import {
  filesOf,
  httpClientConfig,
  httpClientFaults,
  httpClientFields,
} from "../scrape/http-client-config.ts";
import type { HttpClientConfig } from "../scrape/http-client-config.ts";
import { QUERY_CLASSES, QUERY_TYPES, RCODES } from "./dns-message.ts";

const PRODUCT = "blackbox_exporter";
const LATER = "remove it, or keep this module on a blackbox_exporter";

function keyOf<K extends string>(table: Readonly<Record<K, number>>, what: string) {
  return text
    .transform((value) => value.toUpperCase())
    .pipe(z.enum(Object.keys(table) as K[], { error: `is not ${what} that is known` }));
}

const pattern = text.transform((source, context) => {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    context.addIssue({ code: "custom", message: messageOf(error) });
    return z.NEVER;
  }
});
const patterns = z.array(pattern).default([]);

const ipFields = {
  preferred_ip_protocol: z.enum(["ip4", "ip6"]).default("ip6"),
  ip_protocol_fallback: flag.default(true),
};
const sourceField = { source_ip_address: z.union([z.ipv4(), z.ipv6()]).optional() };

const headerMatch = z.strictObject({
  header: text,
  regexp: pattern,
  allow_missing: flag.default(false),
});

const {
  proxy_url: _url,
  no_proxy: _no,
  proxy_connect_header: _header,
  ...client
} = httpClientFields;
const tlsField = { tls_config: httpClientFields.tls_config };

const http = z.strictObject({
  ...ipFields,
  ...client,
  valid_status_codes: z.array(count).default([]),
  valid_http_versions: z.array(text).default([]),
  method: text.default("GET"),
  headers: z.record(z.string(), text).default({}),
  body_size_limit: byteSize.optional(),
  compression: z.enum(["", "identity", "gzip", "deflate", "br"]).default(""),
  no_follow_redirects: flag.optional(),
  fail_if_ssl: flag.default(false),
  fail_if_not_ssl: flag.default(false),
  fail_if_body_matches_regexp: patterns,
  fail_if_body_not_matches_regexp: patterns,
  fail_if_header_matches: z.array(headerMatch).default([]),
  fail_if_header_not_matches: z.array(headerMatch).default([]),
  body: text.optional(),
  body_file: text.optional(),
  ...unsupportedFields(
    ["fail_if_body_json_matches_cel", "fail_if_body_json_not_matches_cel"],
    "use fail_if_body_matches_regexp",
    PRODUCT,
  ),
  ...unsupportedFields(
    ["proxy_url", "no_proxy", "proxy_connect_header", "proxy_from_environment"],
    "probes go to their target directly",
    PRODUCT,
  ),
  ...unsupportedFields(["oauth2"], LATER, PRODUCT),
  ...unsupportedFields(["use_http3", "skip_resolve_phase_with_proxy"], LATER, PRODUCT),
});

const tcp = z.strictObject({
  ...ipFields,
  ...sourceField,
  ...tlsField,
  tls: flag.default(false),
  query_response: z
    .array(
      z.strictObject({
        expect: pattern.optional(),
        send: text.optional(),
        starttls: flag.default(false),
        labels: z.array(z.strictObject({ name: text, value: text })).default([]),
        ...unsupportedFields(["expect_bytes"], LATER, PRODUCT),
      }),
    )
    .default([]),
});

const recordChecks = z
  .strictObject({
    fail_if_matches_regexp: patterns,
    fail_if_all_match_regexp: patterns,
    fail_if_not_matches_regexp: patterns,
    fail_if_none_matches_regexp: patterns,
  })
  .prefault({});

const dns = z.strictObject({
  ...ipFields,
  ...sourceField,
  ...tlsField,
  transport_protocol: z.enum(["udp", "tcp"]).default("udp"),
  dns_over_tls: flag.default(false),
  query_name: text,
  query_type: keyOf(QUERY_TYPES, "a type of query").default("ANY"),
  query_class: keyOf(QUERY_CLASSES, "a class of query").default("IN"),
  recursion_desired: flag.default(true),
  valid_rcodes: z.array(keyOf(RCODES, "an answer code")).default(["NOERROR"]),
  validate_answer_rrs: recordChecks,
  validate_authority_rrs: recordChecks,
  validate_additional_rrs: recordChecks,
});

const icmp = z.strictObject({
  ...ipFields,
  ...sourceField,
  dont_fragment: flag.default(false),
  payload_size: count.refine((size) => size <= 65_000, "is more than 65000 bytes").default(56),
  ttl: count.refine((ttl) => ttl >= 1 && ttl <= 255, "is not from 1 to 255").default(64),
});

const KINDS = { http, tcp, dns, icmp } as const;
type Kind = keyof typeof KINDS;

const moduleSchema = z
  .strictObject({
    prober: text.pipe(
      z.enum(Object.keys(KINDS) as Kind[], {
        error: (issue) =>
          `the prober ${JSON.stringify(issue.input)} is not supported; one of ${Object.keys(KINDS).join(", ")}`,
      }),
    ),
    timeout: duration.optional(),
    http: http.prefault({}),
    tcp: tcp.prefault({}),
    dns: dns.optional(),
    icmp: icmp.prefault({}),
    ...unsupportedFields(["grpc", "unix"], LATER, PRODUCT),
  })
  .superRefine((module, context) => {
    if (module.prober === "dns" && module.dns === undefined) {
      const message = "a module of the prober dns needs the field dns with a query_name";
      context.addIssue({ code: "custom", path: ["prober"], message });
    }
  });

const fileSchema = z.strictObject({ modules: z.record(z.string(), moduleSchema) });

export type HttpSettings = z.infer<typeof http>;
export type TcpSettings = z.infer<typeof tcp>;
export type DnsSettings = z.infer<typeof dns>;
export type IcmpSettings = z.infer<typeof icmp>;
export type IpSettings = Pick<HttpSettings, "preferred_ip_protocol" | "ip_protocol_fallback">;
export type RecordChecks = z.infer<typeof recordChecks>;

/** One way to probe, checked. `client` says who asks and by which certificates. */
export type ProbeModule = {
  /** Milliseconds; undefined for as long as the scrape lasts. */
  readonly timeout: number | undefined;
  readonly client: HttpClientConfig;
} & (
  | { readonly prober: "http"; readonly settings: HttpSettings }
  | { readonly prober: "tcp"; readonly settings: TcpSettings }
  | { readonly prober: "dns"; readonly settings: DnsSettings }
  | { readonly prober: "icmp"; readonly settings: IcmpSettings }
);

export type ProbeModules = ReadonlyMap<string, ProbeModule>;

/**
 * Reads and checks the modules of a `blackbox.yml` (reference: "Blackbox exporter configuration").
 * What would have no effect is refused by name. Throws ConfigError with every fault.
 */
export async function loadProbeModules(file: string): Promise<ProbeModules> {
  const schema = z.preprocess(withoutNulls, fileSchema);
  const document = await readConfigFile(file, schema, { exactText: true });
  const faults: Fault[] = [];
  const directory = dirname(resolve(file));
  const absolute = (path: string) => (isAbsolute(path) ? path : resolve(directory, path));
  const modules = new Map<string, ProbeModule>();
  for (const [name, given] of Object.entries(document.value.modules)) {
    const { prober } = given;
    const path = ["modules", name, prober];
    const report = (at: readonly PropertyKey[], reason: string) =>
      faults.push(document.fault([...path, ...at], reason));
    const fields = clientFields(given[prober]);
    httpClientFaults(fields, report);
    const client = httpClientConfig(fields, absolute);
    for (const used of filesOf(client)) {
      await access(used.file, constants.R_OK).catch((error: unknown) =>
        report([used.field], `a file cannot be read: ${messageOf(error)}`),
      );
    }
    const base = { timeout: given.timeout || undefined, client };
    if (prober === "http") {
      contradictions(given.http, report);
      const { body_file } = given.http;
      const settings = { ...given.http, body_file: body_file && absolute(body_file) };
      modules.set(name, { ...base, prober, settings });
    } else if (prober === "tcp") modules.set(name, { ...base, prober, settings: given.tcp });
    else if (prober === "icmp") modules.set(name, { ...base, prober, settings: given.icmp });
    else if (given.dns !== undefined) modules.set(name, { ...base, prober, settings: given.dns });
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return modules;
}

/** Those of a section's fields that say how a client connects. */
function clientFields(section: object | undefined): Parameters<typeof httpClientConfig>[0] {
  const given = Object.entries(section ?? {}).filter(([name]) => name in client);
  return Object.fromEntries(given);
}

function contradictions(
  given: HttpSettings,
  report: (at: readonly PropertyKey[], reason: string) => void,
): void {
  if (given.fail_if_ssl && given.fail_if_not_ssl)
    report(["fail_if_ssl"], "contradicts fail_if_not_ssl: no probe could succeed");
  if (given.body !== undefined && given.body_file !== undefined)
    report(["body"], "give at most one of body and body_file");
  if (given.no_follow_redirects !== undefined && given.follow_redirects !== undefined)
    report(["no_follow_redirects"], "give follow_redirects alone");
  const spoken = given.valid_http_versions.some((one) => one === "HTTP/1.1" || one === "HTTP/1.0");
  if (given.valid_http_versions.length > 0 && !spoken)
    report(["valid_http_versions"], "probes use HTTP/1.1, so that no probe could succeed");
  if (!/^[A-Z]{1,20}$/.test(given.method)) report(["method"], "is not a method of HTTP");
}
