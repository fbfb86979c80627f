import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { sites, type Guard } from "../guard.ts";
import type { ActiveUsers } from "./active-users.ts";
import { BoundedSet, labelValue, overflow } from "./bounds.ts";

const maxErrorTypes = 50;
const maxOperations = 200;
const queryBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export type AuthResult = "success" | "failure";

/** The metrics every service has beside those of its HTTP traffic. */
export class ServiceMetrics {
  readonly #errors: Counter<"type">;
  readonly #errorTypes = new BoundedSet(maxErrorTypes);
  readonly #auth: Counter<"result">;
  readonly #queries: Histogram<"operation" | "outcome">;
  readonly #operations = new BoundedSet(maxOperations);
  readonly #overflows: Counter<"metric">;

  constructor(registry: Registry, guard: Guard, activeUsers: ActiveUsers) {
    const registers = [registry];
    this.#errors = new Counter({
      name: "errors_total",
      help: "Errors: responses with a 5xx status and errors captured by the application.",
      labelNames: ["type"],
      registers,
    });
    this.#errors.inc({ type: "Error" }, 0);
    this.#auth = new Counter({
      name: "auth_attempts_total",
      help: "Attempts to sign in.",
      labelNames: ["result"],
      registers,
    });
    for (const result of ["success", "failure"]) this.#auth.inc({ result }, 0);
    this.#queries = new Histogram({
      name: "database_query_duration_seconds",
      help: "Time that database queries took.",
      labelNames: ["operation", "outcome"],
      buckets: queryBuckets,
      registers,
    });
    const active = new Gauge({
      name: "active_users_total",
      help: "Distinct users seen in the last five minutes.",
      registers: [],
      collect() {
        this.set(activeUsers.count());
      },
    });
    registry.registerMetric(active);
    this.#overflows = new Counter({
      name: "seaworthy_sdk_overflow_total",
      help: "Observations folded into the label value overflow because a limit was reached.",
      labelNames: ["metric"],
      registers,
    });
    const ownErrors = new Counter({
      name: "seaworthy_sdk_errors_total",
      help: "Errors of the instrumentation itself, kept from the service.",
      labelNames: ["site"],
      registers: [],
      collect() {
        this.reset();
        for (const site of sites) this.inc({ site }, guard.counts.get(site) ?? 0);
      },
    });
    registry.registerMetric(ownErrors);
  }

  /** Counts an error under its name, such as `TypeError`. */
  error(error: unknown): void {
    const name = labelValue(typeOf(error));
    this.#errors.inc({ type: this.#bounded(this.#errorTypes, name, "errors_total") });
  }

  auth(result: AuthResult): void {
    this.#auth.inc({ result: result === "success" ? "success" : "failure" });
  }

  query(operation: string, outcome: "ok" | "error", seconds: number): void {
    const name = this.#bounded(
      this.#operations,
      labelValue(operation),
      "database_query_duration_seconds",
    );
    this.#queries.observe({ operation: name, outcome }, seconds);
  }

  overflowed(metric: string): void {
    this.#overflows.inc({ metric });
  }

  #bounded(known: BoundedSet, value: string, metric: string): string {
    if (known.admit(value)) return value;
    this.overflowed(metric);
    return overflow;
  }
}

function typeOf(error: unknown): string {
  if (error === undefined) return "HttpError";
  return error instanceof Error && error.name !== "" ? error.name : "Error";
}
