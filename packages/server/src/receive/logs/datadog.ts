import type { LogCollector } from "./collector.ts";
import { labelName } from "./collector.ts";
import { isObject, parseJson, isList, scalarText } from "./json.ts";
import type { Json } from "./json.ts";
import { PushError } from "../push/errors.ts";
import { readTime } from "./time.ts";

/** Attributes with a meaning of their own; all others become metadata. */
const RESERVED = new Set([
  "message",
  "ddsource",
  "ddtags",
  "hostname",
  "service",
  "status",
  "timestamp",
  "date",
]);
/** Tags that become labels of the stream; the others are metadata, because they may be many. */
const STREAM_TAGS = new Set(["env", "version", "region", "cluster", "namespace", "team"]);

/**
 * Reads Datadog's log intake v2: one object or a list of them; query parameters stand in for what an
 * object leaves out. https://docs.datadoghq.com/api/latest/logs/#send-logs
 */
export function readDatadog(body: Buffer, query: URLSearchParams, into: LogCollector): void {
  const given = parseJson(body);
  const list: readonly Json[] = isList(given) ? given : [given];
  list.forEach((entry, index) => {
    if (!isObject(entry)) {
      throw new PushError("request_malformed", `entry ${index} must be an object`);
    }
    const field = (name: string) => scalarText(entry[name]) || (query.get(name) ?? "");
    const labels: Record<string, string> = {
      service_name: field("service") || "unknown_service",
    };
    const metadata: Record<string, string> = {};
    const [source, host, status] = [field("ddsource"), field("hostname"), field("status")];
    if (source !== "") labels["source"] = source;
    if (host !== "") labels["host"] = host;
    if (status !== "") metadata["severity_text"] = status;
    for (const tag of field("ddtags").split(",")) {
      const colon = tag.indexOf(":");
      if (colon < 1) continue;
      const name = tag.slice(0, colon).trim();
      const target = STREAM_TAGS.has(name) ? labels : metadata;
      target[labelName(name)] = tag.slice(colon + 1);
    }
    for (const [name, value] of Object.entries(entry)) {
      if (!RESERVED.has(name)) metadata[labelName(name)] = scalarText(value);
    }
    const trace = metadata["dd_trace_id"];
    if (trace !== undefined) metadata["trace_id"] ??= trace;
    const time = readTime(entry["timestamp"]) ?? readTime(entry["date"]);
    into.add(into.stream(labels), time, field("message"), metadata);
  });
}
