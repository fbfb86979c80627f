import type { LogCollector } from "./collector.ts";
import { isObject, scalarText } from "./json.ts";
import { records } from "./json-lines.ts";
import { readTime } from "./time.ts";

/** What becomes metadata, under the name that it has here. */
const METADATA: Readonly<Record<string, string>> = {
  id: "id",
  deploymentId: "deployment_id",
  buildId: "build_id",
  host: "host",
  path: "path",
  requestId: "request_id",
  statusCode: "status_code",
  entrypoint: "entrypoint",
  executionRegion: "region",
  type: "type",
  level: "level",
  traceId: "trace_id",
  "trace.id": "trace_id",
  spanId: "span_id",
  "span.id": "span_id",
};

/**
 * Reads Vercel's log drains, as JSON or as lines of JSON.
 * https://vercel.com/docs/drains/reference/logs
 */
export function readVercel(body: Buffer, into: LogCollector): void {
  for (const record of records(body)) {
    const labels: Record<string, string> = { platform: "vercel" };
    labels["service_name"] =
      scalarText(record["projectName"]) || scalarText(record["projectId"]) || "unknown_service";
    const [environment, source] = [scalarText(record["environment"]), scalarText(record["source"])];
    if (environment !== "") labels["environment"] = environment;
    if (source !== "") labels["source"] = source;
    const metadata: Record<string, string> = {};
    for (const [name, label] of Object.entries(METADATA)) {
      const text = scalarText(record[name]);
      if (text !== "") metadata[label] = text;
    }
    const { proxy } = record;
    if (isObject(proxy)) {
      for (const name of ["method", "statusCode", "path", "host", "clientIp", "region"]) {
        const text = scalarText(proxy[name]);
        const label = `proxy_${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
        if (text !== "") metadata[label] = text;
      }
    }
    const message = scalarText(record["message"]) || proxyLine(metadata);
    into.add(into.stream(labels), readTime(record["timestamp"]), message, metadata);
  }
}

/** A request at the edge has no message of its own. */
function proxyLine(metadata: Readonly<Record<string, string>>): string {
  const {
    proxy_method: method = "",
    proxy_path: path = "",
    proxy_status_code: status = "",
  } = metadata;
  return [method, path, status].filter((part) => part !== "").join(" ");
}
