import { setMaxListeners } from "node:events";
import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import type { Clock } from "../../model/index.ts";
import type { ProbeModule, ProbeModules } from "./config.ts";
import { probeDns } from "./dns.ts";
import { ProbeRefused } from "./fault.ts";
import { probeHttp } from "./http.ts";
import { probeIcmp } from "./icmp.ts";
import { ProbeResult } from "./result.ts";
import { probeTcp } from "./tcp.ts";

/** The path by which scrape jobs ask for probes. */
const PATH = "/probe";
const DEFAULT_MODULE = "http_2xx";
/** The longest that a probe may take, in milliseconds. */
const LONGEST = 120_000;
/** Probes at a time; more are refused, so that a slow network cannot fill the memory. */
const AT_ONCE = 500;
const MAX_TARGET = 2048;
/** What is kept of the timeout for the way back, and its most in milliseconds. */
const MARGIN = 0.1;
const MOST_MARGIN = 500;
/** How many targets' last outcomes are remembered. */
const REMEMBERED = 10_000;

export interface ProberOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** `host:port` of everything that means this server in a scrape job of `/probe`. */
  readonly addresses: readonly string[];
}

/** Runs probes as blackbox_exporter does. */
export interface Prober {
  /** Whether a scrape of this URL is a probe by this server. */
  owns(url: string): boolean;
  /** Takes modules into use. */
  apply(modules: ProbeModules): void;
  /**
   * Probes `target` by `module`, the parameters of a scrape of /probe, and answers an exposition.
   * Throws ProbeRefused when there is no such module or no target.
   * @param timeout how long there is for it, in milliseconds
   */
  probe(parameters: URLSearchParams, timeout: number, signal: AbortSignal): Promise<string>;
}

/** Which probe a URL or request asks for: equal for equal probes. */
export function probeKey(parameters: URLSearchParams): string {
  const names = ["module", "target", "hostname"] as const;
  return JSON.stringify(names.map((name) => parameters.get(name) ?? ""));
}

export function createProber({ clock, log, addresses }: ProberOptions): Prober {
  const hosts = new Set(addresses.map((address) => new URL(`http://${address}`).host));
  const failing = new Set<string>();
  let modules: ProbeModules = new Map();
  let running = 0;

  /** Says when a target begins to fail, and when it ends. */
  const tell = (key: string, result: ProbeResult, about: object): void => {
    const { reason } = result;
    if (reason === undefined) {
      if (failing.delete(key)) log.info(about, "a probe succeeds again");
    } else if (!failing.has(key) && failing.size < REMEMBERED) {
      failing.add(key);
      log.warn({ ...about, reason }, "a probe fails");
    }
  };

  return {
    owns(url) {
      if (!URL.canParse(url)) return false;
      const { host, pathname } = new URL(url);
      return pathname === PATH && hosts.has(host);
    },
    apply(next) {
      modules = next;
    },
    async probe(parameters, timeout, signal) {
      const name = parameters.get("module") || DEFAULT_MODULE;
      const target = parameters.get("target") ?? "";
      const module = modules.get(name);
      if (module === undefined) {
        const known = [...modules.keys()].slice(0, 20).join(", ");
        throw new ProbeRefused(400, `there is no module ${JSON.stringify(name)}; known: ${known}`);
      }
      if (target === "" || target.length > MAX_TARGET)
        throw new ProbeRefused(400, "the parameter target is missing, empty or too long");
      if (parameters.has("debug"))
        throw new ProbeRefused(
          400,
          "the parameter debug is not supported; the answer has a reason",
        );
      if (running >= AT_ONCE)
        throw new ProbeRefused(503, `${AT_ONCE} probes are under way already; try again later`);
      running++;
      try {
        const hostname = parameters.get("hostname") || undefined;
        const longest = Math.min(timeout - Math.min(timeout * MARGIN, MOST_MARGIN), LONGEST);
        const allowed = Math.min(module.timeout ?? longest, longest);
        const result = await run(module, { target, hostname, allowed }, clock, signal);
        tell(probeKey(parameters), result, { module: name, target });
        return result.exposition();
      } finally {
        running--;
      }
    },
  };
}

async function run(
  module: ProbeModule,
  asked: {
    readonly target: string;
    readonly hostname: string | undefined;
    readonly allowed: number;
  },
  clock: Clock,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const result = new ProbeResult();
  const { target, hostname, allowed } = asked;
  const tooLate = new AbortController();
  const timer = clock.after(allowed, () => tooLate.abort());
  const ends = AbortSignal.any([signal, tooLate.signal]);
  // One for each connection, of redirects too.
  setMaxListeners(100, ends);
  const started = performance.now();
  try {
    // Some of what a probe waits for, a look-up of a name above all, cannot be broken off.
    await Promise.race([
      probeBy(module, { target, hostname, allowed }, result, ends),
      rejectOnAbort(ends),
    ]);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ProbeRefused) throw error;
    result.fail(tooLate.signal.aborted ? `no answer within ${allowed / 1000} s` : describe(error));
  } finally {
    timer.cancel();
    // Ends what is still open.
    tooLate.abort();
  }
  result.set("probe_duration_seconds", (performance.now() - started) / 1000);
  result.set("probe_success", result.reason === undefined ? 1 : 0);
  return result;
}

async function probeBy(
  { client, ...module }: ProbeModule,
  asked: {
    readonly target: string;
    readonly hostname: string | undefined;
    readonly allowed: number;
  },
  result: ProbeResult,
  signal: AbortSignal,
): Promise<void> {
  const { target, hostname, allowed } = asked;
  switch (module.prober) {
    case "http":
      return await probeHttp(
        { target, hostname, client, settings: module.settings },
        result,
        signal,
      );
    case "tcp":
      return await probeTcp(
        { target, hostname, client, settings: module.settings },
        result,
        signal,
      );
    case "dns":
      return await probeDns({ target, client, settings: module.settings }, result, signal);
    case "icmp":
      return await probeIcmp(target, module.settings, allowed, result, signal);
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}

function describe(error: unknown): string {
  // A host with several addresses fails once for each.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join("; ");
  return messageOf(error) || "the probe failed";
}
