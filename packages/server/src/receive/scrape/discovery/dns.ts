import { readFile } from "node:fs/promises";
import { Resolver } from "node:dns/promises";
import type { Logger } from "pino";
import { messageOf } from "../../../model/index.ts";
import type { TargetGroup } from "../job.ts";
import type { DnsDiscoveryConfig } from "./config.ts";
import type { Source } from "./discovery.ts";

/** One try of one server, in milliseconds. */
const TIMEOUT = 5000;
const TRIES = 2;
const RESOLV_CONF = "/etc/resolv.conf";
const LABEL = "__meta_dns_name";

interface DnsSettings {
  /** `host:port` of the servers to ask instead of the system's. */
  readonly servers?: readonly string[] | undefined;
}

/** Targets in DNS records (Prometheus: "dns_sd_config"). A name that fails keeps its last targets. */
export function dnsSource(config: DnsDiscoveryConfig, settings: DnsSettings, log: Logger): Source {
  return {
    key: `${config.type} ${config.names.join(", ")} ${config.port}`,
    mechanism: "dns",
    isLocal: false,
    async look(before, signal) {
      const resolver = new Resolver({ timeout: TIMEOUT, tries: TRIES });
      if (settings.servers !== undefined) resolver.setServers([...settings.servers]);
      const cancel = () => resolver.cancel();
      signal.addEventListener("abort", cancel, { once: true });
      try {
        const search = await readSearchPath();
        const found = await Promise.allSettled(
          config.names.map((name) => lookUp(resolver, config, name, search)),
        );
        signal.throwIfAborted();
        const failed = found.filter((result) => result.status === "rejected");
        if (failed.length === found.length && failed[0] !== undefined) throw failed[0].reason;
        return found.flatMap((result, i) => {
          if (result.status === "fulfilled") return result.value;
          const name = config.names[i] ?? "";
          const reason = messageOf(result.reason);
          log.error({ name, reason }, "a name cannot be looked up; its last targets stay");
          return before.filter(({ labels }) => labels[LABEL] === name);
        });
      } finally {
        signal.removeEventListener("abort", cancel);
      }
    },
  };
}

/** A record as an address and its labels. */
type Found = readonly [address: string, labels: Record<string, string>];

/** The targets of one name: what the first name of the search path that exists has. */
async function lookUp(
  resolver: Resolver,
  config: DnsDiscoveryConfig,
  name: string,
  search: SearchPath,
): Promise<TargetGroup[]> {
  let fault: unknown;
  for (const candidate of candidates(name, search)) {
    try {
      const records = await ask(resolver, config, candidate);
      return records.map(([address, labels]) => ({
        targets: [address],
        labels: { [LABEL]: name, ...labels },
      }));
    } catch (error) {
      const code = codeOf(error);
      // The name is there, but not with records of this type.
      if (code === "ENODATA") return [];
      if (code !== "ENOTFOUND") fault ??= error;
    }
  }
  if (fault !== undefined) throw fault;
  return [];
}

async function ask(
  resolver: Resolver,
  { type, port }: DnsDiscoveryConfig,
  name: string,
): Promise<Found[]> {
  switch (type) {
    case "A":
      return (await resolver.resolve4(name)).map((address) => [`${address}:${port}`, {}]);
    case "AAAA":
      return (await resolver.resolve6(name)).map((address) => [`[${address}]:${port}`, {}]);
    case "SRV":
      return (await resolver.resolveSrv(name)).map((record) => [
        `${record.name}:${record.port}`,
        {
          __meta_dns_srv_record_target: rooted(record.name),
          __meta_dns_srv_record_port: String(record.port),
        },
      ]);
    case "MX":
      return (await resolver.resolveMx(name)).map(({ exchange }) => [
        `${exchange}:${port}`,
        { __meta_dns_mx_record_target: rooted(exchange) },
      ]);
    case "NS":
      return (await resolver.resolveNs(name)).map((server) => [
        `${server}:${port}`,
        { __meta_dns_ns_record_target: rooted(server) },
      ]);
  }
}

/** A name as it stands in a record, with the dot at its end. */
function rooted(name: string): string {
  return name.endsWith(".") ? name : `${name}.`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** What the system adds to names, and to which. */
export interface SearchPath {
  readonly domains: readonly string[];
  readonly dots: number;
}

/** The names to ask for in turn: one with few dots is looked for in the search path first. */
export function candidates(name: string, { domains, dots }: SearchPath): string[] {
  if (name.endsWith(".")) return [name];
  const within = domains.map((domain) => `${name}.${domain}`);
  return name.split(".").length > dots ? [name, ...within] : [...within, name];
}

async function readSearchPath(): Promise<SearchPath> {
  return parseResolvConf(await readFile(RESOLV_CONF, "utf8").catch(() => ""));
}

/** The search path of a resolv.conf (resolv.conf(5)); the last of several lines counts. */
export function parseResolvConf(text: string): SearchPath {
  let domains: string[] = [];
  let dots = 1;
  for (const line of text.split("\n")) {
    const [word, ...rest] = line.split(/[#;]/)[0]?.trim().split(/\s+/) ?? [];
    if (word === "search") domains = rest;
    if (word === "domain") domains = rest.slice(0, 1);
    if (word !== "options") continue;
    for (const option of rest) {
      const [, count] = /^ndots:(\d{1,2})$/.exec(option) ?? [];
      if (count !== undefined) dots = Number(count);
    }
  }
  return { domains, dots };
}
