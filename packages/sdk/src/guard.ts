/**
 * The wall between the kit and the application: whatever goes wrong on this side is counted and
 * reported, and never thrown to the other.
 */

/** Where in the kit an error was caught: a closed list, because it is a label value. */
export const sites = [
  "options",
  "request",
  "response",
  "route",
  "endpoint",
  "metric",
  "log",
  "health",
  "trace",
  "export",
] as const;
export type Site = (typeof sites)[number];

/** How long one site stays quiet in the log after it reported, in milliseconds. */
const quietMs = 60_000;

export class Guard {
  readonly #counts = new Map<Site, number>();
  readonly #reportedAt = new Map<Site, number>();
  #report: (site: Site, error: unknown) => void = () => {};

  /** Errors caught so far, by site. */
  get counts(): ReadonlyMap<Site, number> {
    return this.#counts;
  }

  /** Sets who is told about errors: at most once a minute for each site. */
  reportTo(report: (site: Site, error: unknown) => void): void {
    this.#report = report;
  }

  /** Runs `action`; when it throws, counts the error and returns `otherwise`. */
  run<T>(site: Site, action: () => T, otherwise: T): T {
    try {
      return action();
    } catch (error) {
      this.caught(site, error);
      return otherwise;
    }
  }

  /** Counts an error that was caught elsewhere. Never throws, not even when reporting does. */
  caught(site: Site, error: unknown): void {
    this.#counts.set(site, (this.#counts.get(site) ?? 0) + 1);
    const now = performance.now();
    const last = this.#reportedAt.get(site);
    if (last !== undefined && now - last < quietMs) return;
    this.#reportedAt.set(site, now);
    try {
      this.#report(site, error);
    } catch {
      // A reporter that fails has nobody left to tell; the count above is the evidence.
    }
  }
}
