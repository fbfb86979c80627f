import { isDeepStrictEqual } from "node:util";
import type { RuleGroupView } from "../../model/index.ts";
import {
  keepRuleAlertsOf,
  LeaseKeeper,
  listRuleAlerts,
  saveRuleAlerts,
} from "../../store/index.ts";
import type { LeaseOptions, Records, RuleAlertRecord } from "../../store/index.ts";
import { GroupRunner } from "./group-runner.ts";
import type { GroupDeps } from "./group-runner.ts";
import { groupKey } from "./rule-group.ts";
import type { RuleGroup } from "./rule-group.ts";

/** Prometheus's default: an alert that goes on is told to the router once a minute. */
const RESEND_DELAY = 60_000;

/** The rules: evaluates groups, writes what they record, and tells the router of alerts. */
export interface Rules {
  /** Reads what was pending, firing and resolved before, and begins. Throws StoreError. */
  start(): Promise<void>;
  /** Takes other groups into use. Groups and rules that stay keep their state. */
  apply(groups: readonly RuleGroup[]): Promise<void>;
  /** Ends; what is under way is finished. */
  stop(): Promise<void>;
  /** The groups with their rules and alerts as they stand, sorted by file and name. */
  groups(): readonly RuleGroupView[];
}

export type RulesDeps = Omit<GroupDeps, "resendDelay" | "saveAlerts" | "mayEvaluate"> & {
  readonly records: Records;
  readonly resendDelay?: number;
  /** Beside other servers over the same records: each group is evaluated by one of them. */
  readonly sharing?: Pick<LeaseOptions, "server" | "leaseMs"> | undefined;
};

export function createRules(deps: RulesDeps): Rules {
  return new RuleManager(deps);
}

class RuleManager implements Rules {
  readonly #deps: RulesDeps;
  readonly #records: Records;
  readonly #leases: LeaseKeeper | undefined;
  #groups = new Map<string, GroupRunner>();
  /** The keys of those that this server evaluates. */
  readonly #active = new Set<string>();
  #started = false;
  #applied = false;
  /** What was kept from before the start, until the first groups have taken it over. */
  #kept: ReadonlyMap<string, readonly RuleAlertRecord[]> | undefined;
  #stopped = false;
  /** Changes happen one after the other. */
  #queue: Promise<void> = Promise.resolve();

  constructor(deps: RulesDeps) {
    this.#deps = deps;
    this.#records = deps.records;
    const { sharing, records, clock, log } = deps;
    if (sharing !== undefined) {
      this.#leases = new LeaseKeeper({ records, clock, log, ...sharing }, (held) =>
        this.#serially(() => this.#evaluateOnly(held)),
      );
    }
  }

  async start(): Promise<void> {
    await this.#serially(async () => {
      if (this.#started || this.#stopped) return;
      this.#kept = byRule(await listRuleAlerts(this.#records.db));
      this.#started = true;
      if (this.#applied) await this.#begin([...this.#groups.keys()]);
    });
    await this.#lease();
  }

  async apply(groups: readonly RuleGroup[]): Promise<void> {
    await this.#serially(async () => {
      if (this.#stopped) return;
      const before = this.#groups;
      const after = new Map<string, GroupRunner>();
      const added: string[] = [];
      for (const group of groups) {
        const key = groupKey(group);
        const old = before.get(key);
        if (old !== undefined && isSameGroup(old.group, group)) {
          after.set(key, old);
          continue;
        }
        const runner = this.#runnerOf(group);
        if (old !== undefined) {
          await old.stop();
          runner.takeOver(old);
        }
        after.set(key, runner);
        added.push(key);
      }
      this.#groups = after;
      this.#applied = true;
      for (const [key, runner] of before) if (!after.has(key)) await this.#remove(key, runner);
      if (this.#started) await this.#begin(added);
      this.#deps.announce({ topic: "alerts" });
    });
    await this.#lease();
  }

  /**
   * Sets groups to work; the first ones go on where the process before this one stopped. Beside other
   * servers only those that it works on already: for others it needs their leases.
   */
  async #begin(keys: readonly string[]): Promise<void> {
    const kept = this.#kept;
    this.#kept = undefined;
    if (this.#leases === undefined) {
      for (const key of keys) this.#active.add(key);
      const runners = this.#activeOf(keys);
      if (kept !== undefined && kept.size > 0)
        for (const runner of runners) await runner.restore(kept);
      await this.#forgetOthers();
    }
    for (const runner of this.#activeOf(keys)) runner.start();
  }

  #activeOf(keys: readonly string[]): GroupRunner[] {
    return keys.flatMap((key) => (this.#active.has(key) ? (this.#groups.get(key) ?? []) : []));
  }

  async #remove(key: string, runner: GroupRunner): Promise<void> {
    await runner.stop();
    if (this.#active.delete(key)) await runner.remove();
  }

  #runnerOf(group: RuleGroup): GroupRunner {
    const { externalUrl, resendDelay } = this.#deps;
    const name = leaseOf(groupKey(group));
    return new GroupRunner(group, {
      ...this.#deps,
      externalUrl: externalUrl.replace(/\/+$/, ""),
      resendDelay: resendDelay ?? RESEND_DELAY,
      mayEvaluate: () => this.#leases?.holds(name) ?? true,
      saveAlerts: (changes) =>
        this.#records.transaction(async (tx) => {
          await this.#leases?.confirm(tx, name);
          await saveRuleAlerts(tx, changes);
        }),
    });
  }

  /** Asks for the groups' leases; resolves when those that are had are at work. */
  async #lease(): Promise<void> {
    if (!this.#started || !this.#applied || this.#stopped) return;
    await this.#leases?.want([...this.#groups.keys()].map(leaseOf));
  }

  /** Ends work on other groups than these, begins it on these, and shows what others did. */
  async #evaluateOnly(held: ReadonlySet<string>): Promise<void> {
    if (this.#stopped) return;
    for (const [key, runner] of this.#groups) {
      if (held.has(leaseOf(key)) || !this.#active.delete(key)) continue;
      await runner.stop();
      this.#groups.set(key, this.#runnerOf(runner.group));
    }
    if (this.#active.size === this.#groups.size) return;
    const kept = byRule(await listRuleAlerts(this.#records.db));
    for (const [key, runner] of this.#groups) {
      if (this.#active.has(key)) continue;
      runner.show(kept);
      if (!held.has(leaseOf(key))) continue;
      await runner.restore(kept);
      runner.start();
      this.#active.add(key);
      this.#deps.log.info({ group: runner.group.name }, "this server evaluates a rule group");
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#serially(async () => {
      await Promise.all([...this.#groups.values()].map((runner) => runner.stop()));
    });
    await this.#leases?.stop();
  }

  groups(): readonly RuleGroupView[] {
    const order = (a: RuleGroupView, b: RuleGroupView) =>
      compare(a.file, b.file) || compare(a.name, b.name);
    return [...this.#groups.values()].map((runner) => runner.view()).sort(order);
  }

  /**
   * The states of rules that are gone are of no more use. A failure costs some rows, nothing else.
   * Beside other servers nothing is forgotten: they may have other files, for a moment.
   */
  async #forgetOthers(): Promise<void> {
    const keys = [...this.#groups.values()].flatMap(({ runners }) => runners.map(({ key }) => key));
    try {
      await this.#records.transaction((tx) => keepRuleAlertsOf(tx, keys));
    } catch (error) {
      this.#deps.log.warn({ err: error }, "states of removed rules could not be deleted");
    }
  }

  #serially(work: () => Promise<void>): Promise<void> {
    const run = this.#queue.then(work);
    this.#queue = run.catch(() => {});
    return run;
  }
}

function leaseOf(key: string): string {
  return `rules/${key}`;
}

function byRule(records: readonly RuleAlertRecord[]): Map<string, RuleAlertRecord[]> {
  const rules = new Map<string, RuleAlertRecord[]>();
  for (const record of records) {
    const own = rules.get(record.ruleKey) ?? [];
    own.push(record);
    rules.set(record.ruleKey, own);
  }
  return rules;
}

/** Whether nothing that counts has changed. Templates are made from the texts. */
function isSameGroup(a: RuleGroup, b: RuleGroup): boolean {
  return isDeepStrictEqual(settings(a), settings(b));
}

function settings(group: RuleGroup) {
  const rules = group.rules.map((rule) => {
    return "templates" in rule ? { ...rule, templates: undefined } : rule;
  });
  return { ...group, rules };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
