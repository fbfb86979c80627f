import { exceptionRecord, textOf, type CaptureOptions } from "../errors/exception.ts";
import type { Attribute, Attributes, SpanData } from "../export/otlp.ts";
import { acceptRequestId } from "../http/request-id.ts";
import type { Allowances } from "../traces/allowance.ts";
import { hold } from "../traces/held-spans.ts";
import { newSpanId, newTraceId } from "../traces/ids.ts";
import { formatTraceParent, parseTraceParent, passedTraceState } from "../traces/w3c.ts";
import type { Outbox } from "./outbox.ts";

export interface EdgeSettings {
  readonly outbox: Outbox;
  readonly service: string;
  readonly environment: string;
  readonly console: boolean;
  readonly slowMs: number;
  readonly allowances: Allowances;
}

const levels = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 } as const;
type Level = keyof typeof levels;

/** Most spans of one request. */
const maxSpans = 100;

/**
 * What a handler is given. There is no hidden context at the edge, so it is passed along, whole or in
 * pieces: `{ log, fetch }`.
 */
export interface RequestTools {
  readonly requestId: string;
  readonly traceId: string;
  /** The `traceparent` header for a call that is not made by {@link RequestTools.fetch}. */
  readonly traceParent: string;
  /** Names the route, a template and never a raw path. */
  readonly route: (template: string) => void;
  readonly log: (level: Level, message: string, fields?: Attributes) => void;
  readonly captureException: (error: unknown, options?: CaptureOptions) => void;
  /** `fetch` as a span that carries the trace to who is called. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** Runs a part of the work as a span. */
  readonly span: <T>(name: string, work: () => Promise<T>) => Promise<T>;
}

/** Nothing of the kit reaches the application. */
function quietly<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

/** One request while it is served. */
export class EdgeRequest implements RequestTools {
  readonly requestId: string;
  readonly traceId: string;
  readonly #spanId = newSpanId();
  readonly #parentSpanId: string | undefined;
  readonly #traceState: string | undefined;
  readonly #sampled: boolean;
  readonly #settings: EdgeSettings;
  readonly #method: string;
  readonly #path: string;
  readonly #startedAt = Date.now();
  readonly #spans: SpanData[] = [];
  #template: string | undefined;
  #error: unknown;

  constructor(request: Request, settings: EdgeSettings) {
    const parent = parseTraceParent(request.headers.get("traceparent") ?? undefined);
    this.requestId = acceptRequestId(request.headers.get("x-request-id") ?? undefined);
    this.traceId = parent?.traceId ?? newTraceId();
    this.#parentSpanId = parent?.spanId;
    this.#traceState = parent && passedTraceState(request.headers.get("tracestate"));
    this.#sampled = settings.allowances.sample(parent?.sampled === true);
    this.#settings = settings;
    this.#method = request.method;
    this.#path = new URL(request.url).pathname;
  }

  get traceParent(): string {
    return this.#parentOf(this.#spanId);
  }

  readonly route = (template: string): void => {
    if (typeof template === "string") this.#template = template;
  };

  readonly log = (level: Level, message: string, fields: Attributes = {}): void => {
    const { requestId, traceId } = this;
    const { outbox, service, environment } = this.#settings;
    const known: Level = Object.hasOwn(levels, level) ? level : "info";
    const time = Date.now();
    const about = {
      level: known,
      timestamp: new Date(time).toISOString(),
      service,
      environment,
      requestId,
      traceId,
    };
    let attributes: Attributes = { requestId };
    let line: string;
    try {
      attributes = { requestId, ...fields };
      line = JSON.stringify({ ...about, ...fields, message });
    } catch {
      // A field that JSON has no words for costs the line its fields and nothing else.
      line = JSON.stringify({ ...about, message: textOf(message) });
    }
    outbox.record({
      time,
      severity: levels[known],
      severityText: known.toUpperCase(),
      body: textOf(message),
      attributes,
      traceId,
      spanId: this.#spanId,
    });
    if (this.#settings.console) console.log(line);
  };

  readonly captureException = (error: unknown, options: CaptureOptions = {}): void => {
    const { requestId, traceId } = this;
    const place = { requestId, traceId, spanId: this.#spanId };
    quietly(() => this.#settings.outbox.record(exceptionRecord(error, options, place)));
  };

  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const spanId = newSpanId();
    const url = new URL(request.url);
    const attributes: Record<string, Attribute | undefined> = {
      "http.request.method": request.method,
      // Without the query, which may hold what does not belong into traces.
      "url.full": url.origin + url.pathname,
      "server.address": url.hostname,
    };
    if (!request.headers.has("traceparent")) {
      request.headers.set("traceparent", this.#parentOf(spanId));
      if (this.#traceState !== undefined && !request.headers.has("tracestate"))
        request.headers.set("tracestate", this.#traceState);
    }
    return this.#timed(request.method, "client", spanId, attributes, async () => {
      const response = await fetch(request);
      attributes["http.response.status_code"] = response.status;
      return response;
    });
  };

  readonly span = <T>(name: string, work: () => Promise<T>): Promise<T> =>
    this.#timed(textOf(name), "internal", newSpanId(), {}, work);

  /** Ends the request with its response, which is returned with the request's id. */
  answered(response: Response): Response {
    // What is no response is the runtime's to refuse.
    if (typeof (response as Partial<Response> | undefined)?.status !== "number") return response;
    quietly(() => this.#end(response.status));
    // The answer to an upgrade cannot be made anew.
    if (response.status === 101) return response;
    try {
      response.headers.set("x-request-id", this.requestId);
      return response;
    } catch {
      // Passed on from another server: its headers are not to be changed.
      const { requestId } = this;
      const copied = quietly(() => {
        const copy = new Response(response.body, response);
        copy.headers.set("x-request-id", requestId);
        return copy;
      });
      return copied ?? response;
    }
  }

  /** Ends the request with an error, which the runtime answers with a 500. */
  failed(error: unknown): void {
    this.#error = error;
    this.captureException(error, { handled: false });
    quietly(() => this.#end(500));
  }

  #end(status: number): void {
    const { outbox, allowances, slowMs } = this.#settings;
    const duration = Date.now() - this.#startedAt;
    const failed = status >= 500;
    this.log(failed ? "error" : "info", failed ? "request failed" : "request completed", {
      method: this.#method,
      url: this.#path,
      statusCode: status,
      duration,
    });
    const worthIt =
      failed || duration >= slowMs || this.#spans.some((span) => span.error !== undefined);
    if (!this.#sampled && !(worthIt && allowances.notable.take())) return;
    const attributes = {
      "http.request.method": this.#method,
      "http.route": this.#template,
      "http.response.status_code": status,
      "url.path": this.#path,
    };
    outbox.span({
      traceId: this.traceId,
      spanId: this.#spanId,
      parentSpanId: this.#parentSpanId,
      name: this.#template === undefined ? this.#method : `${this.#method} ${this.#template}`,
      kind: "server",
      start: this.#startedAt,
      end: Date.now(),
      attributes,
      error: failed
        ? this.#error === undefined
          ? `status ${status}`
          : textOf(this.#error)
        : undefined,
    });
    for (const span of this.#spans) outbox.span(span);
  }

  async #timed<T>(
    name: string,
    kind: SpanData["kind"],
    spanId: string,
    attributes: Attributes,
    work: () => Promise<T>,
  ): Promise<T> {
    const start = Date.now();
    let error: string | undefined;
    try {
      return await work();
    } catch (thrown) {
      error = textOf(thrown);
      throw thrown;
    } finally {
      const { traceId } = this;
      const place = { traceId, spanId, parentSpanId: this.#spanId };
      const span = { ...place, name, kind, start, end: Date.now(), attributes, error };
      hold(this.#spans, span, maxSpans);
    }
  }

  #parentOf(spanId: string): string {
    return formatTraceParent({ traceId: this.traceId, spanId, sampled: this.#sampled });
  }
}
