import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { ask, fails, jsonOf, listOf, member, skipped, works, type Finding } from "./trial.ts";

const name = "telemetry arrives";
/** How long what is sent may take to be found: the kit sends within a second, and tries again. */
const patienceMs = 10_000;
const pauseMs = 250;

/**
 * Tries the whole way: a request to the service whose trace the platform is then asked for, and the
 * line that the service logs of it.
 */
export async function tryTelemetry(
  service: URL,
  platform: URL,
  token: string | undefined,
): Promise<Finding> {
  const metrics = await ask(new URL("/metrics", service));
  if (typeof metrics === "string" || metrics.status !== 200)
    return skipped(name, "there are no metrics that say whether the service sends any");
  if (!metrics.text.includes("seaworthy_sdk_exported_total"))
    return skipped(
      name,
      "none is sent: set SEAWORTHY_URL and SEAWORTHY_KEY where the service runs",
    );
  if (token === undefined || token === "") return skipped(name, "set SEAWORTHY_TOKEN to try it");

  const traceId = randomBytes(16).toString("hex");
  const parent = randomBytes(8).toString("hex");
  // The caller's trace is kept for being marked as sampled.
  const headers = { traceparent: `00-${traceId}-${parent}-01` };
  const asked = await ask(
    new URL(`/seaworthy-doctor-${randomUUID()}`, service),
    undefined,
    headers,
  );
  if (typeof asked === "string") return skipped(name, `the service does not answer: ${asked}`);

  const trace = new URL(`/api/traces/${traceId}`, platform);
  const lines = new URL("/loki/api/v1/query_range", platform);
  lines.searchParams.set("query", `{service_name=~".+"} | trace_id="${traceId}"`);
  lines.searchParams.set("limit", "1");
  const found = new Set<string>();
  const deadline = performance.now() + patienceMs;
  do {
    const [traced, logged] = await Promise.all([ask(trace, token), ask(lines, token)]);
    for (const answer of [traced, logged])
      if (typeof answer === "string" || ![200, 404].includes(answer.status))
        return skipped(
          name,
          `the platform cannot be asked: ${typeof answer === "string" ? answer : answer.status}`,
        );
    if (typeof traced !== "string" && traced.status === 200) found.add("the trace");
    if (typeof logged !== "string" && linesOf(jsonOf(logged)) > 0) found.add("the log line");
    if (found.size === 2) break;
    await pause(pauseMs);
  } while (performance.now() < deadline);
  return found.size > 0
    ? works(name, `${[...found].sort().join(" and ")} of a request`)
    : fails(
        name,
        `nothing of a request within ${patienceMs / 1_000} s`,
        "SEAWORTHY_KEY must be an ingest key of this platform; seaworthy_sdk_dropped_total in /metrics says why",
      );
}

function linesOf(answer: unknown): number {
  return listOf(member(answer, "data", "result")).length;
}
