import { Pause } from "../export/pause.ts";
import { CacheFile } from "./cache-file.ts";
import { askValues, listen, type Outcome } from "./connection.ts";
import {
  changesBetween,
  readSnapshot,
  valueIn,
  type ControlChange,
  type ControlName,
  type ControlShape,
  type ControlSnapshot,
  type ControlValue,
  type ValueOf,
} from "./values.ts";

export interface ControlsOptions {
  /** Seaworthy's address. Default: SEAWORTHY_URL; without one every control has its fallback. */
  readonly url?: string | undefined;
  /** A key that names the service. Default: SEAWORTHY_KEY. */
  readonly key?: string | undefined;
  /** Default: OTEL_SERVICE_NAME or the package's name, as the kit has it. */
  readonly service?: string;
  /** Default: NODE_ENV or "development", as the kit has it. */
  readonly environment?: string;
  /** Keeps the last known values over a restart, for a start while Seaworthy is away. */
  readonly cacheFile?: string;
  /** Milliseconds between two questions where no stream can be had. Default: 1000. */
  readonly pollMs?: number;
  /** Told when something goes wrong, at most once a minute. Default: nobody. */
  readonly onProblem?: (problem: string) => void;
  /** For tests: the times of the connection, in milliseconds. */
  readonly times?: Partial<typeof defaultTimes>;
}

/** Times in milliseconds. */
const defaultTimes = {
  /** A stream has a sign of life every 15 s; after this without any it is dead. */
  silenceMs: 40_000,
  /** An answer must be here after this. */
  answerMs: 5_000,
  /** The first pause after a failure, doubled after each further one up to the longest. */
  backoffMs: 250,
  maxBackoffMs: 15_000,
  /** How long it is asked instead of listened before a stream is tried again. */
  pollingMs: 60_000,
};

/** Where the values come from that are read now. */
export type ControlSource = "nowhere" | "cache" | "stream" | "poll";

const quietMs = 60_000;

/**
 * The emergency controls of this service, as operators have set them in Seaworthy: changes arrive by a
 * stream in well under a second, or by asking where there can be none. When Seaworthy is away the last
 * known values stay. No method throws, and nothing here keeps the process alive.
 */
export class Controls<Shape extends ControlShape = ControlShape> {
  readonly #options: ControlsOptions;
  readonly #times: typeof defaultTimes;
  readonly #cache: CacheFile | undefined;
  readonly #place: { readonly service: string; readonly environment: string };
  readonly #pause = new Pause();
  readonly #abort = new AbortController();
  readonly #listeners = new Set<(change: ControlChange) => void>();
  readonly #waiting = new Set<(fresh: boolean) => void>();
  #snapshot: ControlSnapshot | undefined;
  #json: string | undefined;
  #tag: string | undefined;
  #source: ControlSource = "nowhere";
  #connected = false;
  #reportedAt: number | undefined;
  #closed = false;

  constructor(options: ControlsOptions = {}) {
    const { env } = process;
    this.#options = options;
    this.#times = { ...defaultTimes, ...options.times };
    this.#place = {
      service: options.service || env["OTEL_SERVICE_NAME"] || env["npm_package_name"] || "app",
      environment: options.environment || env["NODE_ENV"] || "development",
    };
    this.#cache =
      options.cacheFile === undefined
        ? undefined
        : new CacheFile(options.cacheFile, (error) =>
            this.#problem("the cache of controls", error),
          );
    this.#restore();
    const url = options.url ?? env["SEAWORTHY_URL"] ?? "";
    const key = options.key ?? env["SEAWORTHY_KEY"] ?? "";
    if (url === "" || key === "") return;
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      this.#problem("controls", `"${url}" is no http or https address`);
    else if (!/^[\x21-\x7e]{1,500}$/.test(key)) this.#problem("controls", "the key is no key");
    else
      void this.#run(new URL(url), key).catch((error: unknown) => this.#problem("controls", error));
  }

  /** Whether a switch is on. False while nothing is known of it. */
  isOn(name: ControlName<Shape>): boolean {
    return this.#snapshot?.values.get(name) === true;
  }

  /** The value, or the fallback while none of its kind is known. */
  value<Name extends ControlName<Shape>, Fallback extends ControlValue>(
    name: Name,
    fallback: Fallback,
  ): ValueOf<Shape, Name, Fallback> {
    return valueIn(this.#snapshot, name, fallback) as ValueOf<Shape, Name, Fallback>;
  }

  /** Calls `listener` at each change of a value. Answers how to stop that. */
  on(event: "change", listener: (change: ControlChange) => void): () => void {
    if (event === "change") this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** What is known about what is known. */
  get state(): {
    readonly source: ControlSource;
    /** Of the values; 0 while there are none. */
    readonly revision: number;
    /** Whether a change would be heard of now. */
    readonly connected: boolean;
  } {
    return {
      source: this.#source,
      revision: this.#snapshot?.revision ?? 0,
      connected: this.#connected,
    };
  }

  /** Resolves with true once Seaworthy has told the values, with false when it has not in time. */
  ready(limitMs = 1_000): Promise<boolean> {
    if (this.#source === "stream" || this.#source === "poll") return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (fresh: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve(fresh);
      };
      // Somebody waits for it, so it does keep the process for as long.
      const timer = setTimeout(() => done(false), limitMs);
      this.#waiting.add(done);
    });
  }

  /** Stops listening; the last known values stay. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#connected = false;
    this.#abort.abort();
    this.#pause.wake();
    for (const done of this.#waiting) done(false);
    await this.#cache?.written();
  }

  #restore(): void {
    const text = this.#cache?.read();
    if (text === undefined) return;
    try {
      const { service, environment } = JSON.parse(text) as Record<string, unknown>;
      if (service !== this.#place.service || environment !== this.#place.environment) return;
      this.#snapshot = readSnapshot(text);
      this.#json = text;
      this.#source = "cache";
    } catch (error) {
      this.#problem("the cache of controls", error);
    }
  }

  async #run(base: URL, key: string): Promise<void> {
    const { backoffMs, maxBackoffMs } = this.#times;
    const asked = (path: string, silenceMs: number, extra: Readonly<Record<string, string>>) => {
      const url = new URL(path, base);
      url.search = new URLSearchParams(this.#place).toString();
      const headers = { authorization: `Bearer ${key}`, ...extra };
      return { url, headers, silenceMs, signal: this.#abort.signal };
    };
    let failures = 0;
    while (!this.#closed) {
      let outcome = await this.#listen(asked);
      if (this.#closed) return;
      if (outcome.kind === "ended") failures = 0;
      else {
        // What stands between may let questions through where it lets no stream.
        this.#told(outcome);
        outcome = await this.#poll(asked);
        if (outcome.kind === "values") failures = 0;
        else this.#told(outcome);
      }
      if (this.#closed) return;
      failures += 1;
      const asksMs = outcome.kind === "refused" ? outcome.afterMs : 0;
      const most = Math.min(maxBackoffMs, backoffMs * 2 ** Math.min(failures, 16));
      // Half of it by chance: applications that lost one server must not come back as one.
      await this.#pause.wait(Math.max(asksMs, most * (0.5 + Math.random() / 2)));
    }
  }

  async #listen(asked: Ask): Promise<Outcome> {
    const known =
      this.#source === "nowhere" || this.#source === "cache" ? undefined : this.#snapshot;
    const outcome = await listen(
      asked("/api/controls/stream", this.#times.silenceMs, {
        accept: "text/event-stream",
        ...(known === undefined ? {} : { "last-event-id": String(known.revision) }),
      }),
      {
        opened: () => {
          this.#connected = true;
          if (known !== undefined) this.#source = "stream";
        },
        values: (json) => this.#take(json, "stream"),
      },
    );
    this.#connected = false;
    return outcome;
  }

  /** Asks again and again until that fails, or it is time to try a stream. */
  async #poll(asked: Ask): Promise<Outcome> {
    const { answerMs, pollingMs } = this.#times;
    const pollMs = Math.max(100, this.#options.pollMs ?? 1_000);
    const until = performance.now() + pollingMs;
    for (;;) {
      const tag = this.#tag;
      const outcome = await askValues(
        asked("/api/controls/values", answerMs, tag === undefined ? {} : { "if-none-match": tag }),
      );
      this.#connected = outcome.kind === "values";
      if (outcome.kind !== "values" || this.#closed) return outcome;
      this.#tag = outcome.tag;
      if (outcome.json !== undefined) this.#take(outcome.json, "poll");
      else this.#source = "poll";
      if (performance.now() >= until) return outcome;
      await this.#pause.wait(pollMs * (0.9 + Math.random() / 5));
    }
  }

  #take(json: string, source: ControlSource): void {
    let next: ControlSnapshot;
    try {
      next = readSnapshot(json);
    } catch (error) {
      this.#problem("controls", error);
      return;
    }
    const changes = changesBetween(this.#snapshot, next);
    this.#snapshot = next;
    this.#source = source;
    // What is known by a stream may be newer than what was asked for last.
    if (source === "stream") this.#tag = undefined;
    if (json !== this.#json) this.#cache?.write(json);
    this.#json = json;
    for (const done of this.#waiting) done(true);
    for (const change of changes)
      for (const listener of this.#listeners) {
        try {
          listener(change);
        } catch (error) {
          this.#problem("a listener of controls", error);
        }
      }
  }

  #told(outcome: Outcome): void {
    if (outcome.kind === "failed") this.#problem("controls", outcome.error);
    else if (outcome.kind === "refused")
      this.#problem("controls", `Seaworthy answered ${outcome.status}`);
  }

  #problem(what: string, error: unknown): void {
    const now = performance.now();
    if (this.#reportedAt !== undefined && now - this.#reportedAt < quietMs) return;
    this.#reportedAt = now;
    try {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.onProblem?.(`${what}: ${reason}; the last known values stay`);
    } catch {
      // Who is told of problems has one: there is nobody else to tell.
    }
  }
}

type Ask = (
  path: string,
  silenceMs: number,
  extra: Readonly<Record<string, string>>,
) => Parameters<typeof askValues>[0];
