import type { SpanKind } from "../../model/index.ts";
import type { Json, JsonObject } from "../logs/json.ts";
import { isList, isObject, objectAt, parseJson, scalarText } from "../logs/json.ts";
import { PushError } from "../push/errors.ts";
import type { Origin, SpanCollector } from "./collector.ts";

const KINDS: Readonly<Record<string, SpanKind>> = {
  CLIENT: "client",
  SERVER: "server",
  PRODUCER: "producer",
  CONSUMER: "consumer",
};

/**
 * Reads Zipkin's spans, version 2, as JSON; times are microseconds. Names of attributes are
 * OpenTelemetry's where it has one (specification: "Zipkin exporter"). Throws PushError.
 * https://zipkin.io/zipkin-api/
 */
export function readZipkin(body: Buffer, into: SpanCollector): void {
  const list = parseJson(body);
  if (!isList(list)) {
    throw new PushError("request_malformed", "the body must be a list of spans, as of Zipkin's v2");
  }
  const origins = new Map<string, Origin>();
  list.forEach((entry, i) => {
    const span = objectAt(entry, `[${i}]`);
    const service = textAt(objectAt(span["localEndpoint"], `[${i}].localEndpoint`), "serviceName");
    let origin = origins.get(service);
    if (origin === undefined) {
      origin = into.origin(service === "" ? {} : { "service.name": service });
      origins.set(service, origin);
    }
    const startNs = micros(span["timestamp"]);
    const tags = objectAt(span["tags"], `[${i}].tags`);
    const error = tags["error"];
    into.add(origin, {
      traceId: textAt(span, "traceId").padStart(32, "0"),
      spanId: textAt(span, "id").padStart(16, "0"),
      parentId: textAt(span, "parentId").padStart(16, "0"),
      name: textAt(span, "name"),
      kind: KINDS[textAt(span, "kind")] ?? "internal",
      startNs,
      endNs: startNs + micros(span["duration"]),
      status: error === undefined ? "unset" : "error",
      statusMessage: error === undefined || error === "true" ? "" : scalarText(error),
      scope: "",
      attributes: {
        ...texts(tags),
        ...peer(objectAt(span["remoteEndpoint"], `[${i}].remoteEndpoint`)),
      },
      events: annotations(span["annotations"]),
      links: [],
    });
  });
}

function textAt(span: JsonObject, name: string): string {
  const value = span[name];
  return typeof value === "string" ? value : "";
}

function micros(value: Json | undefined): bigint {
  return typeof value === "number" && Number.isFinite(value) && value > 0
    ? BigInt(Math.round(value)) * 1000n
    : 0n;
}

function texts(tags: JsonObject): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(tags)) {
    if (name !== "__proto__" && name !== "error") flat[name] = scalarText(value);
  }
  return flat;
}

function peer(endpoint: JsonObject): Record<string, string> {
  const port = endpoint["port"];
  const address = textAt(endpoint, "ipv4") || textAt(endpoint, "ipv6");
  return {
    "peer.service": textAt(endpoint, "serviceName"),
    "network.peer.address": address,
    "network.peer.port": typeof port === "number" ? String(port) : "",
  };
}

function annotations(list: Json | undefined) {
  if (list === undefined || !isList(list)) return [];
  return list.filter(isObject).map((entry) => ({
    timeNs: micros(entry["timestamp"]),
    name: textAt(entry, "value"),
    attributes: {},
  }));
}
