import { setImmediate } from "node:timers/promises";
import type { Registry } from "prom-client";
import { isSelfWritten } from "./http-series.ts";

/** How long the event loop is held at a time, in milliseconds. */
const holdMs = 2;
/** How many series are written between two looks at the clock. */
const seriesAtATime = 32;

/**
 * The registry's metrics as text, made in short pieces between which the service goes on serving.
 * For a registry of the kit's own: it does not know of default labels or of OpenMetrics.
 */
export async function exposition(registry: Registry): Promise<string> {
  const parts: string[] = [];
  let since = performance.now();
  const breathe = async () => {
    if (performance.now() - since < holdMs) return;
    await setImmediate();
    since = performance.now();
  };
  for (const { name, help, type } of registry.getMetricsAsArray()) {
    const metric = registry.getSingleMetric(name);
    if (metric === undefined) continue;
    if (isSelfWritten(metric)) {
      parts.push(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
      let written = 0;
      for (const lines of metric.lines()) {
        parts.push(lines);
        written += 1;
        if (written % seriesAtATime === 0) await breathe();
      }
    } else parts.push(await registry.getSingleMetricAsString(name), "\n");
    parts.push("\n");
    await breathe();
  }
  // Metrics are separated by an empty line; none follows the last.
  return parts.join("").slice(0, -1);
}
