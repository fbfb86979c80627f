import { isDeepStrictEqual } from "node:util";
import type { RuleGroupView } from "../../model/index.ts";
import { keepRuleAlertsOf, listRuleAlerts, saveRuleAlerts } from "../../store/index.ts";
import type { Records, RuleAlertRecord } from "../../store/index.ts";
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

export type RulesDeps = Omit<GroupDeps, "resendDelay" | "saveAlerts"> & {
  readonly records: Records;
  readonly resendDelay?: number;
};

export function createRules({ records, resendDelay, ...deps }: RulesDeps): Rules {
  return new RuleManager(records, {
    ...deps,
    saveAlerts: (changes) => records.transaction((tx) => saveRuleAlerts(tx, changes)),
    externalUrl: deps.externalUrl.replace(/\/+$/, ""),
    resendDelay: resendDelay ?? RESEND_DELAY,
  });
}

class RuleManager implements Rules {
  readonly #records: Records;
  readonly #deps: GroupDeps;
  #groups = new Map<string, GroupRunner>();
  #started = false;
  #applied = false;
  /** What was kept from before the start, until the first groups have taken it over. */
  #kept: ReadonlyMap<string, readonly RuleAlertRecord[]> | undefined;
  #stopped = false;
  /** Changes happen one after the other. */
  #queue: Promise<void> = Promise.resolve();

  constructor(records: Records, deps: GroupDeps) {
    this.#records = records;
    this.#deps = deps;
  }

  start(): Promise<void> {
    return this.#serially(async () => {
      if (this.#started || this.#stopped) return;
      this.#kept = byRule(await listRuleAlerts(this.#records.db));
      this.#started = true;
      if (this.#applied) await this.#begin([...this.#groups.values()]);
    });
  }

  apply(groups: readonly RuleGroup[]): Promise<void> {
    return this.#serially(async () => {
      if (this.#stopped) return;
      const before = this.#groups;
      const after = new Map<string, GroupRunner>();
      const added: GroupRunner[] = [];
      for (const group of groups) {
        const key = groupKey(group);
        const old = before.get(key);
        if (old !== undefined && isSameGroup(old.group, group)) {
          after.set(key, old);
          continue;
        }
        const runner = new GroupRunner(group, this.#deps);
        if (old !== undefined) {
          await old.stop();
          runner.takeOver(old);
        }
        after.set(key, runner);
        added.push(runner);
      }
      this.#groups = after;
      this.#applied = true;
      const removed = [...before].filter(([key]) => !after.has(key)).map(([, runner]) => runner);
      for (const runner of removed) {
        await runner.stop();
        await runner.remove();
      }
      if (this.#started) await this.#begin(added);
      this.#deps.announce({ topic: "alerts" });
    });
  }

  /** Sets groups to work; the first ones go on where the process before this one stopped. */
  async #begin(runners: readonly GroupRunner[]): Promise<void> {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept !== undefined && kept.size > 0)
      for (const runner of runners) await runner.restore(kept);
    await this.#forgetOthers();
    for (const runner of runners) runner.start();
  }

  stop(): Promise<void> {
    this.#stopped = true;
    return this.#serially(async () => {
      await Promise.all([...this.#groups.values()].map((runner) => runner.stop()));
    });
  }

  groups(): readonly RuleGroupView[] {
    const order = (a: RuleGroupView, b: RuleGroupView) =>
      compare(a.file, b.file) || compare(a.name, b.name);
    return [...this.#groups.values()].map((runner) => runner.view()).sort(order);
  }

  /** The states of rules that are gone are of no more use. A failure costs some rows, nothing else. */
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

function byRule(records: readonly RuleAlertRecord[]): Map<string, RuleAlertRecord[]> {
  const rules = new Map<string, RuleAlertRecord[]>();
  for (const record of records) {
    const own = rules.get(record.ruleKey) ?? [];
    own.push(record);
    rules.set(record.ruleKey, own);
  }
  return rules;
}

/** Whether nothing that counts has changed. Expressions and templates are made from the texts. */
function isSameGroup(a: RuleGroup, b: RuleGroup): boolean {
  return isDeepStrictEqual(settings(a), settings(b));
}

function settings(group: RuleGroup) {
  const rules = group.rules.map((rule) => {
    const { expr: _, ...rest } = rule;
    return "templates" in rest ? { ...rest, templates: undefined } : rest;
  });
  return { ...group, rules };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
