import { Counter, type Registry } from "prom-client";
import { dropReasons } from "../export/exporter.ts";
import type { Telemetry } from "../export/telemetry.ts";

/** Shows what became of the spans, log lines and errors that were to be sent. */
export function registerExportMetrics(registry: Registry, telemetry: Telemetry): void {
  const sent = new Counter({
    name: "seaworthy_sdk_exported_total",
    help: "Spans, log lines and errors delivered to Seaworthy.",
    labelNames: ["signal"],
    registers: [],
    collect() {
      this.reset();
      for (const [signal, count] of telemetry.counts()) this.inc({ signal }, count);
    },
  });
  const dropped = new Counter({
    name: "seaworthy_sdk_dropped_total",
    help: "Spans, log lines and errors that were not delivered, by the reason.",
    labelNames: ["signal", "reason"],
    registers: [],
    collect() {
      this.reset();
      for (const [signal, , counts] of telemetry.counts())
        for (const reason of dropReasons) this.inc({ signal, reason }, counts.get(reason) ?? 0);
    },
  });
  registry.registerMetric(sent);
  registry.registerMetric(dropped);
}
