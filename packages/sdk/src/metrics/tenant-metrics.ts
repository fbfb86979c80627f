import { Counter, Gauge, type Registry } from "prom-client";
import { ActiveUsers } from "./active-users.ts";
import { BoundedSet, labelValue, overflow } from "./bounds.ts";

/** Tenants told apart by name; those that come later share one series. */
const maxTenants = 200;

/** Whose requests they are, in a service of several tenants; registered with the first tenant. */
export class TenantMetrics {
  readonly #names = new BoundedSet(maxTenants);
  readonly #active = new ActiveUsers();
  readonly #requests: Counter<"tenant">;
  readonly #onOverflow: (metric: string) => void;

  constructor(registry: Registry, onOverflow: (metric: string) => void) {
    this.#onOverflow = onOverflow;
    this.#requests = new Counter({
      name: "tenant_requests_total",
      help: "Requests and jobs, by the tenant for whom they were.",
      labelNames: ["tenant"],
      registers: [registry],
    });
    const active = this.#active;
    registry.registerMetric(
      new Gauge({
        name: "active_tenants_total",
        help: "Distinct tenants seen in the last five minutes.",
        registers: [],
        collect() {
          this.set(active.count());
        },
      }),
    );
  }

  /** Notes that a tenant did something; `counted` when this request was counted before. */
  seen(id: string | number, counted: boolean): void {
    this.#active.seen(id);
    if (counted) return;
    let tenant = labelValue(id);
    if (!this.#names.admit(tenant)) {
      this.#onOverflow("tenant_requests_total");
      tenant = overflow;
    }
    this.#requests.inc({ tenant });
  }
}
