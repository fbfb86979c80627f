import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import type { Clock, Timer } from "../../model/index.ts";
import type { ServiceCall } from "../../route/index.ts";

/** Times in milliseconds. */
const LIMITS = {
  /** The calls of so long are looked at, */
  past: 60 * 60_000,
  /** so often. */
  every: 60_000,
  /** Services that are counted as related to one. */
  related: 500,
} as const;

/** Which services are related: one calls the other, perhaps by way of others. Kept in memory. */
export class ServiceMap {
  readonly #callers = new Map<string, Set<string>>();
  readonly #callees = new Map<string, Set<string>>();
  readonly #related = new Map<string, ReadonlySet<string>>();

  /** Puts what is known of calls in place of what was known. */
  learn(calls: readonly Pick<ServiceCall, "caller" | "callee">[]): void {
    for (const map of [this.#callers, this.#callees, this.#related]) map.clear();
    const add = (map: Map<string, Set<string>>, from: string, to: string) =>
      map.set(from, (map.get(from) ?? new Set()).add(to));
    for (const { caller, callee } of calls) {
      if (caller === callee) continue;
      add(this.#callees, caller, callee);
      add(this.#callers, callee, caller);
    }
  }

  /** The services that a fault of this one reaches, and those whose fault reaches this one. */
  related(service: string): ReadonlySet<string> {
    const known = this.#related.get(service);
    if (known !== undefined) return known;
    const found = new Set([...reached(this.#callers, service), ...reached(this.#callees, service)]);
    found.delete(service);
    this.#related.set(service, found);
    return found;
  }
}

function reached(edges: ReadonlyMap<string, ReadonlySet<string>>, from: string): Set<string> {
  const found = new Set([from]);
  for (const name of found) {
    for (const next of edges.get(name) ?? []) if (found.size <= LIMITS.related) found.add(next);
  }
  return found;
}

/** Keeps a map in step with the traces. */
export function watchServiceMap(deps: {
  readonly map: ServiceMap;
  readonly calls: (since: number, until: number) => Promise<readonly ServiceCall[]>;
  readonly clock: Clock;
  readonly log: Logger;
}): { stop(): Promise<void> } {
  const { map, calls, clock, log } = deps;
  let timer: Timer | undefined;
  let stopped = false;
  const look = async (): Promise<void> => {
    try {
      const now = clock.now();
      map.learn(await calls(now - LIMITS.past, now));
    } catch (error) {
      // What was known stays; alerts join by service and group meanwhile.
      log.warn({ reason: messageOf(error) }, "the service map could not be read for incidents");
    }
    if (stopped) return;
    timer = clock.after(LIMITS.every, () => {
      looking = look();
    });
  };
  let looking = look();
  return {
    async stop() {
      stopped = true;
      timer?.cancel();
      await looking;
    },
  };
}
