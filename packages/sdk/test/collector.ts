/** A receiver of OTLP as JSON that takes nothing on trust, and can be made to misbehave. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { EventEmitter } from "node:events";

export type Json = Readonly<Record<string, unknown>>;
type Behaviour = (response: ServerResponse, request: IncomingMessage) => void;

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Json;
  readonly status: Json;
}

export interface ReceivedLog {
  readonly time: bigint;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: string;
  readonly eventName?: string;
  readonly attributes: Json;
  readonly traceId?: string;
  readonly spanId?: string;
}

export class Collector {
  readonly spans: ReceivedSpan[] = [];
  readonly logs: ReceivedLog[] = [];
  readonly resources: Json[] = [];
  /** Requests, taken or not. */
  requests = 0;
  readonly #server: Server;
  readonly #events = new EventEmitter();
  #behaviour: Behaviour | undefined;
  #failure: unknown;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#receive(request, response).catch((error: unknown) => {
        this.#failure = error;
        response.writeHead(400).end();
        this.#events.emit("received");
      });
    });
  }

  static async start(): Promise<Collector> {
    const collector = new Collector();
    collector.#server.listen(0, "127.0.0.1");
    await once(collector.#server, "listening");
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What is done with requests from now on, instead of taking them. */
  behave(behaviour: Behaviour | undefined): void {
    this.#behaviour = behaviour;
  }

  /** Resolves once `wanted` holds; it is asked after each request. */
  async until(wanted: () => boolean): Promise<void> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      if (wanted()) return;
      await once(this.#events, "received");
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.requests += 1;
    if (this.#behaviour !== undefined) {
      this.#behaviour(response, request);
      this.#events.emit("received");
      return;
    }
    same(request.method, "POST");
    same(request.headers["content-type"], "application/json");
    same(request.headers.authorization, "Bearer test-key");
    same(request.headers["content-encoding"], "gzip");
    const body: unknown = JSON.parse(gunzipSync(Buffer.concat(chunks)).toString());
    if (request.url === "/v1/traces") this.#traces(body);
    else if (request.url === "/v1/logs") this.#logs(body);
    else throw new Error(`nothing is at ${request.url}`);
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
    this.#events.emit("received");
  }

  #traces(body: unknown): void {
    for (const group of list(only(body, ["resourceSpans"])["resourceSpans"])) {
      const { resource, scopeSpans } = only(group, ["resource", "scopeSpans"]);
      this.resources.push(attributes(only(resource, ["attributes"])["attributes"]));
      for (const scoped of list(scopeSpans)) {
        const { scope, spans } = only(scoped, ["scope", "spans"]);
        text(only(scope, ["name"])["name"]);
        for (const span of list(spans)) this.spans.push(spanOf(span));
      }
    }
  }

  #logs(body: unknown): void {
    for (const group of list(only(body, ["resourceLogs"])["resourceLogs"])) {
      const { resource, scopeLogs } = only(group, ["resource", "scopeLogs"]);
      this.resources.push(attributes(only(resource, ["attributes"])["attributes"]));
      for (const scoped of list(scopeLogs)) {
        const { scope, logRecords } = only(scoped, ["scope", "logRecords"]);
        text(only(scope, ["name"])["name"]);
        for (const record of list(logRecords)) this.logs.push(logOf(record));
      }
    }
  }
}

export function spanOf(value: unknown): ReceivedSpan {
  const span = only(
    value,
    [
      "traceId",
      "spanId",
      "name",
      "kind",
      "startTimeUnixNano",
      "endTimeUnixNano",
      "attributes",
      "status",
    ],
    ["parentSpanId"],
  );
  const [start, end] = [nano(span["startTimeUnixNano"]), nano(span["endTimeUnixNano"])];
  if (end < start) throw new Error("the span ends before it starts");
  const kind = Number(span["kind"]);
  if (![1, 2, 3, 4, 5].includes(kind)) throw new Error(`no such kind: ${kind}`);
  const status = only(span["status"], [], ["code", "message"]);
  return {
    traceId: hex(span["traceId"], 32),
    spanId: hex(span["spanId"], 16),
    ...("parentSpanId" in span ? { parentSpanId: hex(span["parentSpanId"], 16) } : {}),
    name: text(span["name"]),
    kind,
    start,
    end,
    attributes: attributes(span["attributes"]),
    status,
  };
}

export function logOf(value: unknown): ReceivedLog {
  const record = only(
    value,
    [
      "timeUnixNano",
      "observedTimeUnixNano",
      "severityNumber",
      "severityText",
      "body",
      "attributes",
    ],
    ["traceId", "spanId", "eventName"],
  );
  nano(record["observedTimeUnixNano"]);
  const severityNumber = Number(record["severityNumber"]);
  if (!(severityNumber >= 0 && severityNumber <= 24)) throw new Error("no such severity");
  return {
    time: nano(record["timeUnixNano"]),
    severityNumber,
    severityText: text(record["severityText"]),
    body: text(only(record["body"], ["stringValue"])["stringValue"]),
    ...("eventName" in record ? { eventName: text(record["eventName"]) } : {}),
    attributes: attributes(record["attributes"]),
    ...("traceId" in record ? { traceId: hex(record["traceId"], 32) } : {}),
    ...("spanId" in record ? { spanId: hex(record["spanId"], 16) } : {}),
  };
}

function attributes(value: unknown): Json {
  const found: Record<string, unknown> = {};
  for (const pair of list(value)) {
    const { key, value: wrapped } = only(pair, ["key", "value"]);
    const one = only(wrapped, [], ["stringValue", "boolValue", "intValue", "doubleValue"]);
    const [[kind, inner] = []] = Object.entries(one);
    if (Object.keys(one).length !== 1) throw new Error(`${String(key)} has not one value`);
    if (kind === "intValue" && !/^-?\d+$/.test(text(inner))) throw new Error("not a 64-bit number");
    if (kind === "stringValue") text(inner);
    found[text(key)] = kind === "intValue" ? Number(inner) : inner;
  }
  return found;
}

/** An object that has these fields and no others. */
function only(value: unknown, required: readonly string[], optional: readonly string[] = []): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`not an object: ${JSON.stringify(value)}`);
  for (const name of required) if (!(name in value)) throw new Error(`${name} is missing`);
  for (const name of Object.keys(value))
    if (!required.includes(name) && !optional.includes(name)) throw new Error(`${name} is unknown`);
  return value as Json;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`not a list: ${JSON.stringify(value)}`);
  return value;
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new Error(`not text: ${JSON.stringify(value)}`);
  return value;
}

function hex(value: unknown, length: number): string {
  if (!new RegExp(`^(?!0+$)[0-9a-f]{${length}}$`).test(text(value)))
    throw new Error(`not an id of ${length} digits: ${String(value)}`);
  return text(value);
}

function nano(value: unknown): bigint {
  if (!/^\d{1,20}$/.test(text(value))) throw new Error(`not a time: ${String(value)}`);
  return BigInt(text(value));
}

function same(value: unknown, wanted: unknown): void {
  if (value !== wanted) throw new Error(`${String(value)} instead of ${String(wanted)}`);
}
