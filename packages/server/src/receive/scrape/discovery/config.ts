import { z } from "zod";
import { count, duration, text, unsupportedFields } from "../config-fields.ts";
import { httpClientConfig, httpClientFaults, httpClientFields } from "../http-client-config.ts";
import type { HttpClientConfig } from "../http-client-config.ts";

/** Services that Prometheus can ask for targets and that are not asked yet. */
const OTHERS = [
  ..."aws azure consul digitalocean docker dockerswarm ec2 eureka gce hetzner ionos".split(" "),
  ..."kubernetes kuma lightsail linode marathon nerve nomad openstack ovhcloud puppetdb".split(" "),
  ..."scaleway serverset stackit triton uyuni vultr".split(" "),
].map((name) => `${name}_sd_configs`);

const FILE_REFRESH = 5 * 60_000;
const HTTP_REFRESH = 60_000;
const DNS_REFRESH = 30_000;
/** A `*` may stand in the last part of a path only. */
const FILE_PATTERN = /^[^*]*(\*[^/]*)?\.(?:json|yml|yaml|JSON|YML|YAML)$/;
const RECORD_TYPES = ["SRV", "A", "AAAA", "MX", "NS"] as const;

/** Files that list target groups. Patterns are absolute; all intervals are milliseconds. */
export interface FileDiscoveryConfig {
  readonly kind: "file";
  readonly patterns: readonly string[];
  readonly refreshInterval: number;
}

/** A server that answers target groups. */
export interface HttpDiscoveryConfig {
  readonly kind: "http";
  readonly url: string;
  readonly http: HttpClientConfig;
  readonly refreshInterval: number;
}

/** DNS names whose records are targets; `port` is not for SRV records, which have their own. */
export interface DnsDiscoveryConfig {
  readonly kind: "dns";
  readonly names: readonly string[];
  readonly type: (typeof RECORD_TYPES)[number];
  readonly port: number;
  readonly refreshInterval: number;
}

export type DiscoveryConfig = FileDiscoveryConfig | HttpDiscoveryConfig | DnsDiscoveryConfig;

const fileDiscovery = z.strictObject({
  files: z.array(text).optional(),
  refresh_interval: duration.optional(),
});
const httpDiscovery = z.strictObject({
  url: text.optional(),
  refresh_interval: duration.optional(),
  ...httpClientFields,
});
const dnsDiscovery = z.strictObject({
  names: z.array(text).optional(),
  type: text.optional(),
  port: count.optional(),
  refresh_interval: duration.optional(),
});

/** The fields of a section that can look targets up, to be spread into its schema. */
export const discoveryFields = {
  file_sd_configs: z.array(fileDiscovery.nullable()).optional(),
  http_sd_configs: z.array(httpDiscovery.nullable()).optional(),
  dns_sd_configs: z.array(dnsDiscovery.nullable()).optional(),
  ...unsupportedFields(
    OTHERS,
    "list the targets in static_configs, or look them up with file_sd_configs, http_sd_configs or dns_sd_configs",
  ),
};

const fields = z.object(discoveryFields);
type DiscoveryFields = z.infer<typeof fields>;
type Fault = (path: readonly (string | number)[], reason: string) => void;

/** Says what is wrong in a section's discoveries; `path` is relative to the section. */
export function discoveryFaults(section: DiscoveryFields, fault: Fault): void {
  section.file_sd_configs?.forEach((discovery, i) => {
    const at = ["file_sd_configs", i];
    if ((discovery?.files ?? []).length === 0) fault(at, "files is missing or empty");
    discovery?.files?.forEach((pattern, f) => {
      if (FILE_PATTERN.test(pattern)) return;
      const reason = "must end in .json, .yml or .yaml, with a * in its last part at most";
      fault([...at, "files", f], reason);
    });
  });
  section.http_sd_configs?.forEach((discovery, i) => {
    const at = ["http_sd_configs", i];
    const url = discovery?.url ?? "";
    const known = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
    if (url === "") fault(at, "url is missing or empty");
    else if (!known) fault([...at, "url"], "expected an http or https URL");
    if (discovery !== null)
      httpClientFaults(discovery, (more, why) => fault([...at, ...more], why));
  });
  section.dns_sd_configs?.forEach((discovery, i) => {
    const at = ["dns_sd_configs", i];
    if ((discovery?.names ?? []).length === 0) fault(at, "names is missing or empty");
    const type = recordType(discovery?.type);
    if (type === undefined) {
      fault([...at, "type"], `unknown type of records; one of ${RECORD_TYPES.join(", ")}`);
    } else if (type !== "SRV" && (discovery?.port ?? 0) === 0) {
      fault(at, `${type} records have no port: give port`);
    }
  });
}

/** The discoveries of a section that is in order; `resolve` makes a file's name absolute. */
export function discoveryConfigs(
  section: DiscoveryFields,
  resolve: (file: string) => string,
): DiscoveryConfig[] {
  const given = <T>(list: readonly (T | null)[] | undefined) =>
    (list ?? []).filter((item) => item !== null);
  return [
    ...given(section.file_sd_configs).map((discovery): DiscoveryConfig => ({
      kind: "file",
      patterns: (discovery.files ?? []).map(resolve),
      refreshInterval: discovery.refresh_interval || FILE_REFRESH,
    })),
    ...given(section.http_sd_configs).map((discovery): DiscoveryConfig => ({
      kind: "http",
      url: discovery.url ?? "",
      http: httpClientConfig(discovery, resolve),
      refreshInterval: discovery.refresh_interval || HTTP_REFRESH,
    })),
    ...given(section.dns_sd_configs).map((discovery): DiscoveryConfig => ({
      kind: "dns",
      names: discovery.names ?? [],
      type: recordType(discovery.type) ?? "SRV",
      port: discovery.port ?? 0,
      refreshInterval: discovery.refresh_interval || DNS_REFRESH,
    })),
  ];
}

function recordType(given: string | undefined) {
  return RECORD_TYPES.find((type) => type === (given ?? "SRV").toUpperCase());
}
