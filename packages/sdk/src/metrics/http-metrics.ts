import { Counter, Histogram, type Registry } from "prom-client";
import { BoundedSet, labelValue, overflow } from "./bounds.ts";

/** The `path` of requests that no route matched. Not a template: templates start with a slash. */
const unmatched = "unmatched";

const knownMethods = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "TRACE",
  "CONNECT",
]);

/** Methods worth a zero of their own: HEAD and OPTIONS follow from the others. */
const precreatedMethods = new Set(["GET", "POST", "PUT", "PATCH", "DELETE"]);

/** What is known about one finished exchange. Sizes are of bodies, in bytes; undefined: unknown. */
export interface Exchange {
  readonly method: string;
  /** The route's template, or undefined when no route matched. */
  readonly path: string | undefined;
  readonly status: number;
  readonly seconds: number;
  readonly requestBytes: number | undefined;
  readonly responseBytes: number | undefined;
}

interface Labels extends Record<string, string> {
  method: string;
  path: string;
  status: string;
}

const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const sizeBuckets = [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];
const labelNames = ["method", "path", "status"] as const;

/** `http_requests_total` and its histograms, with bounded labels. */
export class HttpMetrics {
  readonly #requests: Counter<(typeof labelNames)[number]>;
  readonly #duration: Histogram<(typeof labelNames)[number]>;
  readonly #requestSize: Histogram<(typeof labelNames)[number]>;
  readonly #responseSize: Histogram<(typeof labelNames)[number]>;
  readonly #paths: BoundedSet;
  // One label object for each series, so that recording allocates nothing.
  readonly #labels = new Map<string, Labels>();
  readonly #maxSeries: number;
  readonly #onOverflow: () => void;

  constructor(
    registry: Registry,
    limits: { readonly maxPaths: number; readonly maxSeries: number },
    onOverflow: () => void,
  ) {
    this.#paths = new BoundedSet(limits.maxPaths);
    this.#maxSeries = limits.maxSeries;
    this.#onOverflow = onOverflow;
    const registers = [registry];
    this.#requests = new Counter({
      name: "http_requests_total",
      help: "HTTP requests answered, by method, route template and status code.",
      labelNames,
      registers,
    });
    this.#duration = new Histogram({
      name: "http_request_duration_seconds",
      help: "Time from a request's headers to the end of its response.",
      labelNames,
      buckets: durationBuckets,
      registers,
    });
    this.#requestSize = new Histogram({
      name: "http_request_size_bytes",
      help: "Size of request bodies.",
      labelNames,
      buckets: sizeBuckets,
      registers,
    });
    this.#responseSize = new Histogram({
      name: "http_response_size_bytes",
      help: "Size of response bodies.",
      labelNames,
      buckets: sizeBuckets,
      registers,
    });
  }

  /**
   * Creates the counters of a route at zero. A counter that is born with its first error has no
   * earlier value to rise from, so `rate()` would not see that error.
   */
  knownRoute(method: string, template: string): void {
    if (!precreatedMethods.has(method)) return;
    for (const status of ["200", "500"])
      this.#requests.inc(this.#series(method, this.#path(template), status), 0);
  }

  /** Records one exchange. */
  record(exchange: Exchange): void {
    const method = knownMethods.has(exchange.method) ? exchange.method : "OTHER";
    const labels = this.#series(method, this.#path(exchange.path), statusLabel(exchange.status));
    this.#requests.inc(labels, 1);
    this.#duration.observe(labels, exchange.seconds);
    if (exchange.requestBytes !== undefined)
      this.#requestSize.observe(labels, exchange.requestBytes);
    if (exchange.responseBytes !== undefined)
      this.#responseSize.observe(labels, exchange.responseBytes);
  }

  #path(template: string | undefined): string {
    if (template === undefined) return unmatched;
    const path = labelValue(template);
    if (this.#paths.admit(path)) return path;
    this.#onOverflow();
    return overflow;
  }

  #series(method: string, path: string, status: string): Labels {
    const key = `${method} ${status} ${path}`;
    const known = this.#labels.get(key);
    if (known !== undefined) return known;
    const labels = { method, path, status };
    // The overflow path always has room: methods and statuses are bounded by themselves.
    if (this.#labels.size >= this.#maxSeries && path !== overflow) {
      this.#onOverflow();
      return this.#series(method, overflow, status);
    }
    this.#labels.set(key, labels);
    return labels;
  }
}

function statusLabel(status: number): string {
  return Number.isInteger(status) && status >= 100 && status <= 599 ? String(status) : "invalid";
}
