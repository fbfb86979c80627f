import type { Guard } from "../guard.ts";
import { optionReader, tellUnknownOptions, type OptionNames } from "../known-options.ts";
import { Judgement, type HealthStatus, type Outcome } from "./judgement.ts";

/**
 * A check: returns (or resolves) when all is well, throws (or rejects) when not. It may return
 * `{ status, message }` to say that the service works less well (`degraded`) or what it measured;
 * `false`, and a response of `fetch` that is not ok, mean ill as well.
 * The signal aborts when the check has run out of time; a check that ignores it is not started
 * again until it ends.
 */
export type Check = (signal: AbortSignal) => unknown;

export interface CheckOptions {
  /** Whether the service is unhealthy without this, or only degraded. Default: true. */
  readonly critical?: boolean;
  /** Milliseconds after which the check counts as failed. Default: 2000. */
  readonly timeoutMs?: number;
  /** Milliseconds for which a result is used again. Default: 5000. */
  readonly cacheMs?: number;
  /** Failed runs in a row until a check that worked is unhealthy. Default: 1. */
  readonly failAfter?: number;
  /** Good runs in a row until a check that failed is well again. Default: 2. */
  readonly recoverAfter?: number;
}

export interface CheckResult {
  readonly status: HealthStatus;
  /** Milliseconds that the check took. */
  readonly responseTime: number;
  readonly message: string;
}

/** One check's result with what it means for the service. */
export interface ComponentReport extends CheckResult {
  readonly critical: boolean;
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
  readonly judgement: Judgement;
  result?: { readonly until: number; readonly value: CheckResult };
  running?: Promise<CheckResult>;
  /** The check itself, which may outlive its timeout. */
  pending?: Promise<unknown>;
}

const maxChecks = 100;
const maxMessageLength = 200;
/** Of a message that is looked through for credentials, before it is cut to what is shown. */
const maxReadLength = 2_000;
/** An undecided result is asked again after this part of the time that a decided one is used. */
const undecidedPart = 1 / 5;

/** The application's health checks: each with a timeout, a cache, a criticality and hysteresis. */
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
  check(name: string, check: Check, given: CheckOptions = {}): void {
    this.#guard.run(
      "health",
      () => {
        if (typeof name !== "string") throw new Error("a health check's name is a text");
        if (typeof check !== "function") throw new Error(`health check ${name} is not a function`);
        if (this.#entries.size >= maxChecks && !this.#entries.has(name))
          throw new Error(`health check ${name}: there are ${maxChecks} checks already`);
        const wrong = (what: string) =>
          this.#guard.caught("health", new Error(`health check ${name}: ${what}`));
        const { judgement, ...options } = read(given, wrong);
        this.#entries.set(name, { check, ...options, judgement: new Judgement(...judgement) });
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
    const results = await Promise.all(
      [...this.#entries].map(async ([name, entry]) => ({
        name,
        critical: entry.critical,
        result: await this.#run(entry),
      })),
    );
    let status: HealthStatus = "healthy";
    for (const { critical, result } of results) {
      if (result.status === "healthy" || status === "unhealthy") continue;
      status = result.status === "unhealthy" && critical ? "unhealthy" : "degraded";
    }
    return {
      status,
      checks: Object.fromEntries(results.map(({ name, result }) => [name, result])),
    };
  }

  /** Runs one check (or takes its cached result); undefined when there is none of this name. */
  async component(name: string): Promise<ComponentReport | undefined> {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    return { ...(await this.#run(entry)), critical: entry.critical };
  }

  #run(entry: Entry): Promise<CheckResult> {
    if (entry.running !== undefined) return entry.running;
    if (entry.result !== undefined && this.#now() < entry.result.until)
      return Promise.resolve(entry.result.value);
    const started = this.#now();
    const running = this.#measure(entry).then((outcome): CheckResult => {
      const { status, message, undecided } = entry.judgement.take(outcome);
      const now = this.#now();
      const responseTime = Math.round((now - started) * 100) / 100;
      const value = { status, responseTime, message };
      entry.result = { until: now + entry.cacheMs * (undecided ? undecidedPart : 1), value };
      delete entry.running;
      return value;
    });
    entry.running = running;
    return running;
  }

  async #measure(entry: Entry): Promise<Outcome> {
    if (entry.pending !== undefined)
      return { status: "unhealthy", message: "an earlier run of this check has not ended" };
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
      return outcomeOf(await Promise.race([pending, timeout]));
    } catch (error) {
      return { status: "unhealthy", message: messageOf(error) };
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What a check returned, when it says a status; anything else that it returns means well. */
function outcomeOf(returned: unknown): Outcome {
  const healthy: Outcome = { status: "healthy", message: "ok" };
  if (returned === false) return { status: "unhealthy", message: "it returned false" };
  if (typeof returned !== "object" || returned === null || !("status" in returned)) return healthy;
  const { status } = returned;
  if ("ok" in returned && returned.ok === false)
    return { status: "unhealthy", message: presentable(`answered ${String(status)}`) };
  if (status !== "healthy" && status !== "degraded" && status !== "unhealthy") return healthy;
  const said = "message" in returned ? returned.message : undefined;
  return { status, message: typeof said === "string" ? presentable(said) : status };
}

const optionNames: OptionNames<CheckOptions> = {
  critical: true,
  timeoutMs: true,
  cacheMs: true,
  failAfter: true,
  recoverAfter: true,
};

/** A check's options with their defaults, also for what is of a wrong kind, which is told. */
function read(given: CheckOptions | null, wrong: (what: string) => void) {
  const options = given ?? {};
  tellUnknownOptions("its options", options, optionNames, wrong);
  const of = optionReader(options, (name, otherwise) =>
    wrong(`${name} is of a wrong kind or size; using ${String(otherwise)}`),
  );
  const milliseconds = (value: unknown) =>
    typeof value === "number" && value >= 0 && value <= 3_600_000;
  const runs = (value: unknown) =>
    Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 100;
  return {
    critical: of("critical", (value) => typeof value === "boolean", true),
    timeoutMs: of("timeoutMs", milliseconds, 2_000),
    cacheMs: of("cacheMs", milliseconds, 5_000),
    judgement: [of("failAfter", runs, 1), of("recoverAfter", runs, 2)] as const,
  };
}

/** An error's message. Several connection attempts that failed together are told by the first. */
function messageOf(error: unknown): string {
  try {
    const first: unknown = error instanceof AggregateError ? (error.errors[0] ?? error) : error;
    const text = first instanceof Error ? first.message : String(first);
    return presentable(text === "" ? "failed" : text);
  } catch {
    // An object that cannot be made a string.
    return "failed";
  }
}

/** Short, on one line, and without the credentials that connection errors like to quote. */
function presentable(text: string): string {
  return text
    .slice(0, maxReadLength)
    .replaceAll(/[\p{Cc}]+/gu, " ")
    .replaceAll(/\/\/[^/@\s]{1,200}@/g, "//***@")
    .slice(0, maxMessageLength);
}
