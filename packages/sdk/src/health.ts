import type { Guard } from "./guard.ts";

export type HealthStatus = "healthy" | "degraded" | "unhealthy";

/**
 * A check: returns (or resolves) when all is well, throws (or rejects) when not. The signal aborts
 * when the check has run out of time; a check that ignores it is not started again until it ends.
 */
export type Check = (signal: AbortSignal) => unknown;

export interface CheckOptions {
  /** Whether the service is unhealthy without this, or only degraded. Default: true. */
  readonly critical?: boolean;
  /** Milliseconds after which the check counts as failed. Default: 2000. */
  readonly timeoutMs?: number;
  /** Milliseconds for which a result is used again. Default: 5000. */
  readonly cacheMs?: number;
}

export interface CheckResult {
  readonly status: "healthy" | "unhealthy";
  /** Milliseconds that the check took. */
  readonly responseTime: number;
  readonly critical: boolean;
  readonly message?: string;
}

export interface HealthReport {
  readonly status: HealthStatus;
  readonly checks: Readonly<Record<string, CheckResult>>;
}

interface Entry {
  readonly check: Check;
  readonly critical: boolean;
  readonly timeoutMs: number;
  readonly cacheMs: number;
  result?: { readonly at: number; readonly value: CheckResult };
  running?: Promise<CheckResult>;
  /** The check itself, which may outlive its timeout. */
  pending?: Promise<unknown>;
}

const maxChecks = 100;
const maxMessageLength = 200;

/** The application's health checks: each with a timeout, a cache and a criticality. */
export class Health {
  readonly #entries = new Map<string, Entry>();
  readonly #guard: Guard;
  readonly #now: () => number;
  #draining = false;

  constructor(guard: Guard, now: () => number = () => performance.now()) {
    this.#guard = guard;
    this.#now = now;
  }

  /** Adds a check, or replaces the one of the same name. */
  check(name: string, check: Check, options: CheckOptions = {}): void {
    this.#guard.run(
      "health",
      () => {
        if (typeof check !== "function") throw new Error(`health check ${name} is not a function`);
        if (this.#entries.size >= maxChecks && !this.#entries.has(name))
          throw new Error(`health check ${name}: there are ${maxChecks} checks already`);
        this.#entries.set(name, {
          check,
          critical: options.critical ?? true,
          timeoutMs: milliseconds(options.timeoutMs, 2_000),
          cacheMs: milliseconds(options.cacheMs, 5_000),
        });
      },
      undefined,
    );
  }

  /** From now on the service says that it is not ready, so that it gets no new requests. */
  drain(): void {
    this.#draining = true;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Runs all checks (or takes their cached results) and sums them up. Never rejects. */
  async report(): Promise<HealthReport> {
    const names = [...this.#entries.keys()];
    const results = await Promise.all([...this.#entries.values()].map((entry) => this.#run(entry)));
    let status: HealthStatus = "healthy";
    const checks: [string, CheckResult][] = [];
    for (const [index, result] of results.entries()) {
      checks.push([names[index] ?? "", result]);
      if (result.status === "healthy" || status === "unhealthy") continue;
      status = result.critical ? "unhealthy" : "degraded";
    }
    return { status, checks: Object.fromEntries(checks) };
  }

  #run(entry: Entry): Promise<CheckResult> {
    if (entry.running !== undefined) return entry.running;
    if (entry.result !== undefined && this.#now() - entry.result.at < entry.cacheMs)
      return Promise.resolve(entry.result.value);
    const running = this.#measure(entry).then((value) => {
      entry.result = { at: this.#now(), value };
      delete entry.running;
      return value;
    });
    entry.running = running;
    return running;
  }

  async #measure(entry: Entry): Promise<CheckResult> {
    const started = this.#now();
    const { critical } = entry;
    const elapsed = () => Math.round((this.#now() - started) * 100) / 100;
    if (entry.pending !== undefined)
      return {
        status: "unhealthy",
        responseTime: 0,
        critical,
        message: "an earlier run of this check has not ended",
      };
    const abort = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`no answer within ${entry.timeoutMs} ms`));
        abort.abort();
      }, entry.timeoutMs);
    });
    try {
      // Called inside the promise, so that a check that throws at once is a rejection like others.
      const pending = new Promise<unknown>((resolve) => resolve(entry.check(abort.signal)));
      entry.pending = pending;
      const ended = () => {
        delete entry.pending;
      };
      pending.then(ended, ended);
      await Promise.race([pending, timeout]);
      return { status: "healthy", responseTime: elapsed(), critical };
    } catch (error) {
      return { status: "unhealthy", responseTime: elapsed(), critical, message: messageOf(error) };
    } finally {
      clearTimeout(timer);
    }
  }
}

function milliseconds(value: number | undefined, otherwise: number): number {
  return typeof value === "number" && value >= 0 && value <= 3_600_000 ? value : otherwise;
}

/** An error's message, short, and without the credentials that connection errors like to quote. */
function messageOf(error: unknown): string {
  let text = "failed";
  try {
    text = error instanceof Error ? error.message : String(error);
  } catch {
    // An object that cannot be made a string; the default says enough.
  }
  return text.slice(0, maxMessageLength).replace(/\/\/[^/@\s]{1,200}@/g, "//***@");
}
