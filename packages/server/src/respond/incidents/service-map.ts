import type { Logger } from "pino";
import { messageOf } from "../../model/index.ts";
import type { Clock, Timer } from "../../model/index.ts";
import type { ServiceCall } from "../../route/index.ts";
import type { ServiceCalls } from "./storm.ts";

/** Times in milliseconds. */
const LIMITS = {
  /** The calls of so long are looked at, */
  past: 60 * 60_000,
  /** so often. */
  every: 60_000,
  /** Services that are followed from one, each way. */
  reached: 500,
} as const;

/** Which services call which, perhaps by way of others. Kept in memory. */
export class ServiceMap implements ServiceCalls {
  readonly #callers = new Map<string, Set<string>>();
  readonly #callees = new Map<string, Set<string>>();
  readonly #dependencies = new Map<string, ReadonlySet<string>>();
  readonly #dependents = new Map<string, ReadonlySet<string>>();

  /** Puts what is known of calls in place of what was known. */
  learn(calls: readonly Pick<ServiceCall, "caller" | "callee">[]): void {
    for (const map of [this.#callers, this.#callees, this.#dependencies, this.#dependents])
      map.clear();
    const add = (map: Map<string, Set<string>>, from: string, to: string) =>
      map.set(from, (map.get(from) ?? new Set()).add(to));
    for (const { caller, callee } of calls) {
      if (caller === callee) continue;
      add(this.#callees, caller, callee);
      add(this.#callers, callee, caller);
    }
  }

  dependencies(service: string): ReadonlySet<string> {
    return reachedOnce(this.#dependencies, this.#callees, service);
  }

  dependents(service: string): ReadonlySet<string> {
    return reachedOnce(this.#dependents, this.#callers, service);
  }
}

function reachedOnce(
  known: Map<string, ReadonlySet<string>>,
  edges: ReadonlyMap<string, ReadonlySet<string>>,
  service: string,
): ReadonlySet<string> {
  const before = known.get(service);
  if (before !== undefined) return before;
  const found = reached(edges, service);
  found.delete(service);
  // Names that no call is known of come from alerts, and would only fill the memory.
  if (found.size > 0) known.set(service, found);
  return found;
}

function reached(edges: ReadonlyMap<string, ReadonlySet<string>>, from: string): Set<string> {
  const found = new Set([from]);
  for (const name of found) {
    for (const next of edges.get(name) ?? []) if (found.size <= LIMITS.reached) found.add(next);
  }
  return found;
}

/** Asks which services called which between two times, ms. */
export type CallsBetween = (since: number, until: number) => Promise<readonly ServiceCall[]>;

/** Keeps a map in step with the traces. */
export function watchServiceMap(deps: {
  readonly map: ServiceMap;
  readonly calls: CallsBetween;
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
