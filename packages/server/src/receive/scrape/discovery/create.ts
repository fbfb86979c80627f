import type { Logger } from "pino";
import type { Clock } from "../../../model/index.ts";
import type { SelfMetrics } from "../../../self/index.ts";
import type { HttpClient } from "../http-client.ts";
import type { HttpClientConfig } from "../http-client-config.ts";
import type { DiscoveryConfig } from "./config.ts";
import { Discovery } from "./discovery.ts";
import type { Source } from "./discovery.ts";
import { dnsSource } from "./dns.ts";
import { fileSource } from "./file.ts";
import { httpSource } from "./http.ts";

export interface DiscoveryEnvironment {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<SelfMetrics, "discovered">;
  readonly client: (http: HttpClientConfig) => HttpClient;
  readonly dnsServers: readonly string[] | undefined;
  readonly maxBodyBytes: number;
}

/** Makes a discovery, which begins with what an `old` one of the same source knew. */
export function createDiscovery(
  config: DiscoveryConfig,
  environment: DiscoveryEnvironment,
  old: readonly Discovery[],
): Discovery {
  const source = sourceOf(config, environment);
  const before = old.find(
    (other) => other.source.key === source.key && other.source.mechanism === source.mechanism,
  );
  return new Discovery(source, config.refreshInterval, before?.groups, environment);
}

function sourceOf(config: DiscoveryConfig, environment: DiscoveryEnvironment): Source {
  const { clock, log, dnsServers, maxBodyBytes } = environment;
  switch (config.kind) {
    case "file":
      return fileSource(config, clock, log);
    case "http":
      return httpSource(config, environment.client(config.http), maxBodyBytes);
    case "dns":
      return dnsSource(config, { servers: dnsServers }, log);
  }
}
