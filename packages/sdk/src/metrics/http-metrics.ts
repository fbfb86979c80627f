import type { Registry } from "prom-client";
import type { EndedRequest } from "../http/ended-requests.ts";
import { labelValue, overflow } from "./bounds.ts";
import { HttpSeries, registerHttpSeries } from "./http-series.ts";

/** The `path` of requests that no route matched. Not a template: templates start with a slash. */
const unmatched = "unmatched";

/** The methods that are label values; all others share one. */
const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
const otherMethod = "OTHER";
const methodNumbers = new Map(methods.map((method, index) => [method, index]));

/** Methods worth a zero of their own: HEAD and OPTIONS follow from the others. */
const precreatedMethods = new Set(["GET", "POST", "PUT", "PATCH", "DELETE"]);

/** What is counted of a request. */
export type Counted = Pick<
  EndedRequest,
  "method" | "template" | "status" | "milliseconds" | "requestBytes" | "responseBytes"
>;

/** The series of one `path`, by method and status as one number: see {@link keyOf}. */
class Path {
  readonly label: string;
  readonly series = new Map<number, HttpSeries>();

  constructor(label: string) {
    this.label = label;
  }
}

/** `http_requests_total` and its histograms, with bounded labels. */
export class HttpMetrics {
  readonly #unmatched = new Path(unmatched);
  readonly #overflow = new Path(overflow);
  /** By label value; what was cut to a label's length may stand for several templates. */
  readonly #paths = new Map<string, Path>();
  readonly #all: HttpSeries[] = [];
  readonly #limits: { readonly maxPaths: number; readonly maxSeries: number };
  readonly #onOverflow: () => void;
  #beforeRead: () => void = () => {};

  constructor(
    registry: Registry,
    limits: { readonly maxPaths: number; readonly maxSeries: number },
    onOverflow: () => void,
  ) {
    this.#limits = limits;
    this.#onOverflow = onOverflow;
    const read = () => {
      this.#beforeRead();
      return this.#all[Symbol.iterator]();
    };
    registerHttpSeries({ [Symbol.iterator]: read }, registry);
  }

  /** Sets who is told before the metrics are read, and may still record something. */
  beforeRead(listener: () => void): void {
    this.#beforeRead = listener;
  }

  /**
   * Creates the counters of a route at zero. A counter that is born with its first error has no
   * earlier value to rise from, so `rate()` would not see that error.
   */
  knownRoute(method: string, template: string): void {
    if (!precreatedMethods.has(method)) return;
    for (const status of [200, 500]) this.#series(this.#path(template), keyOf(method, status));
  }

  /** Records a request that has ended. */
  record(ended: Counted): void {
    this.#series(this.#path(ended.template), keyOf(ended.method, ended.status)).record(
      ended.milliseconds / 1000,
      ended.requestBytes,
      ended.responseBytes,
    );
  }

  #path(template: string | undefined): Path {
    if (template === undefined) return this.#unmatched;
    // Most templates are label values as they stand.
    const known = this.#paths.get(template) ?? this.#paths.get(labelValue(template));
    if (known !== undefined) return known;
    if (this.#paths.size >= this.#limits.maxPaths) {
      this.#onOverflow();
      return this.#overflow;
    }
    const label = labelValue(template);
    // A template may be called like one of the two values that are not templates.
    const path = [this.#unmatched, this.#overflow].find((own) => own.label === label);
    const made = path ?? new Path(label);
    this.#paths.set(label, made);
    return made;
  }

  #series(path: Path, key: number): HttpSeries {
    const known = path.series.get(key);
    if (known !== undefined) return known;
    // The overflow path always has room: methods and statuses are bounded by themselves.
    if (this.#all.length >= this.#limits.maxSeries && path !== this.#overflow) {
      this.#onOverflow();
      return this.#series(this.#overflow, key);
    }
    const status = key % 1_000;
    const series = new HttpSeries({
      method: methods[Math.floor(key / 1_000)] ?? otherMethod,
      path: path.label,
      status: status === 0 ? "invalid" : String(status),
    });
    path.series.set(key, series);
    this.#all.push(series);
    return series;
  }
}

/** Method and status as one number: a thousand for each method, and 0 for a status that is none. */
function keyOf(method: string, status: number): number {
  const valid = Number.isInteger(status) && status >= 100 && status <= 599;
  return (methodNumbers.get(method) ?? methods.length) * 1_000 + (valid ? status : 0);
}
