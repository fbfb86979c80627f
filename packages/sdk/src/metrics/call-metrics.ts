import { Counter, Histogram, type Registry } from "prom-client";
import { BoundedSet, labelValue, overflow } from "./bounds.ts";

const maxHosts = 100;
/** Of all hosts, methods and statuses together. */
const maxSeries = 1_000;
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const knownMethods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Calls to other services over HTTP; registered with the first one. */
export class CallMetrics {
  readonly #hosts = new BoundedSet(maxHosts);
  readonly #series = new BoundedSet(maxSeries);
  readonly #total: Counter<"host" | "method" | "status">;
  readonly #duration: Histogram<"host" | "status">;
  readonly #onOverflow: (metric: string) => void;

  constructor(registry: Registry, onOverflow: (metric: string) => void) {
    this.#onOverflow = onOverflow;
    this.#total = new Counter({
      name: "http_client_requests_total",
      help: "Calls to other services; status is error where no response came.",
      labelNames: ["host", "method", "status"],
      registers: [registry],
    });
    this.#duration = new Histogram({
      name: "http_client_request_duration_seconds",
      help: "Time until the headers of the response came.",
      labelNames: ["host", "status"],
      buckets: durationBuckets,
      registers: [registry],
    });
  }

  record(host: string, method: string, status: number | undefined, seconds: number): void {
    const labels = {
      host: labelValue(host),
      method: knownMethods.has(method) ? method : "OTHER",
      status: status === undefined ? "error" : String(status),
    };
    const { host: name } = labels;
    const fits =
      this.#hosts.admit(name) && this.#series.admit(`${name} ${labels.method} ${labels.status}`);
    if (!fits) {
      this.#onOverflow("http_client_requests_total");
      labels.host = labels.method = labels.status = overflow;
    }
    this.#total.inc(labels);
    this.#duration.observe({ host: labels.host, status: labels.status }, seconds);
  }
}
