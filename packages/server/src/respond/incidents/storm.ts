/** Who calls whom, perhaps by way of others. */
export interface ServiceCalls {
  /** The services that this one calls. */
  dependencies(service: string): ReadonlySet<string>;
  /** The services that call this one. */
  dependents(service: string): ReadonlySet<string>;
}

/** So many of those that call a service have to fail before it is suspected without an alert of its own, */
const SUSPECTED_BY = 3;
/** and at least this share of them. */
const SUSPECTED_BY_SHARE = 0.5;

/** An incident that may be a storm's: what it is about, and of which services alerts fire in it. */
export interface StormyIncident {
  readonly id: string;
  readonly service: string | null;
  readonly firing: readonly string[];
}

/**
 * Which incidents an alert may be of one fault with, by who calls whom: those about a service that calls
 * its own or is called by it; those in which a service fires that its own depends on; and those in which
 * one fires that depends on the same suspect. A suspect is a service that fires itself, or most of whose
 * callers do: what a database's failure is seen by is often everything but the database.
 */
export class Storm {
  readonly #calls: ServiceCalls;
  /** Services that fire: in incidents already, and in what is being taken in. */
  readonly #failing: Set<string>;
  /** Incidents by what they are about, and by the services that fire in them. */
  readonly #about = new Map<string, Set<string>>();
  readonly #firing = new Map<string, Set<string>>();
  readonly #suspects = new Map<string, boolean>();

  /** `coming`: the services of all alerts that are about to be taken in. */
  constructor(calls: ServiceCalls, incidents: readonly StormyIncident[], coming: Iterable<string>) {
    this.#calls = calls;
    this.#failing = new Set(coming);
    for (const { id, service, firing } of incidents) {
      for (const one of firing) this.#failing.add(one);
      this.take(id, service, firing);
    }
  }

  /** Takes note that alerts of services fire in an incident. */
  take(id: string, about: string | null, firing: Iterable<string>): void {
    if (about !== null) add(this.#about, about, id);
    for (const service of firing) add(this.#firing, service, id);
  }

  /** The incidents that an alert about the service may be of one fault with. */
  incidentsOf(service: string): ReadonlySet<string> {
    const found = new Set<string>();
    const enter = (ids: ReadonlySet<string> | undefined) => {
      for (const id of ids ?? []) found.add(id);
    };
    for (const caller of this.#calls.dependents(service)) enter(this.#about.get(caller));
    for (const called of this.#calls.dependencies(service)) {
      enter(this.#about.get(called));
      enter(this.#firing.get(called));
      if (!this.#isSuspect(called)) continue;
      for (const sibling of this.#calls.dependents(called)) enter(this.#firing.get(sibling));
    }
    return found;
  }

  /** How many failing services depend on this one: the more, the likelier it is the cause. */
  blamedBy(service: string): number {
    let count = 0;
    for (const caller of this.#calls.dependents(service)) if (this.#failing.has(caller)) count += 1;
    return count;
  }

  #isSuspect(service: string): boolean {
    const known = this.#suspects.get(service);
    if (known !== undefined) return known;
    const blamed = this.blamedBy(service);
    const enough = Math.max(
      SUSPECTED_BY,
      this.#calls.dependents(service).size * SUSPECTED_BY_SHARE,
    );
    const suspect = this.#failing.has(service) || blamed >= enough;
    this.#suspects.set(service, suspect);
    return suspect;
  }
}

function add(map: Map<string, Set<string>>, key: string, id: string): void {
  const ids = map.get(key);
  if (ids === undefined) map.set(key, new Set([id]));
  else ids.add(id);
}
