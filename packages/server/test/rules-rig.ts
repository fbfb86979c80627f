import { Labels as PromqlLabels } from "@seaworthy/promql";
import type { QueryResult } from "@seaworthy/promql";
import { pino } from "pino";
import { createRules } from "../src/evaluate/index.ts";
import type { RuleGroup, Rules, RulesDeps } from "../src/evaluate/index.ts";
import { LabelTemplates } from "../src/evaluate/rules/label-templates.ts";
import type { Rule } from "../src/evaluate/rules/rule-group.ts";
import { isStale } from "../src/model/index.ts";
import type { Alert, Labels, SampleBatch } from "../src/model/index.ts";
import type { Records } from "../src/store/index.ts";
import { ManualClock } from "./manual-clock.ts";

/** What an expression gives: elements of a vector, or a failure. */
export type Answer = readonly { readonly labels: Labels; readonly value: number }[] | Error;

/** The rules at work with a clock that stands still, a made-up store of metrics and real records. */
export class RulesRig {
  readonly clock: ManualClock;
  /** Answers by expression; what is not named gives nothing. */
  readonly answers = new Map<string, Answer>();
  /** `name{labels} value @ms` of everything that was written, `stale` for markers. */
  written: string[] = [];
  accepted: Alert[] = [];
  /** While set, the router refuses alerts and the store samples. */
  routerFails = false;
  storeFails = false;
  asked: { query: string; at: number }[] = [];
  missed = 0;
  rules: Rules;
  readonly #records: Records;
  readonly #overrides: Partial<RulesDeps>;
  #evaluated: (() => void)[] = [];

  constructor(records: Records, now: number, overrides: Partial<RulesDeps> = {}) {
    this.clock = new ManualClock(now);
    this.#records = records;
    this.#overrides = overrides;
    this.rules = this.#create();
  }

  #create(): Rules {
    return createRules({
      metrics: {
        instant: async (query, at) => this.#answer(query, at),
      },
      logs: {
        instant: async (query, at) => this.#answer(`logs: ${query}`, at),
      },
      samples: {
        write: async (batch) => {
          if (this.storeFails) throw new Error("the disk is full");
          this.written.push(...describeBatch(batch));
        },
        describe: () => {},
      },
      alerts: {
        accept: async (alerts) => {
          if (this.routerFails) throw new Error("the router is away");
          this.accepted.push(...alerts);
        },
      },
      records: this.#records,
      clock: this.clock,
      log: pino({ level: "silent" }),
      announce: () => {},
      externalUrl: "http://sw.example.com",
      self: {
        ruleGroupEvaluated: () => {
          const [next, ...rest] = this.#evaluated;
          this.#evaluated = rest;
          next?.();
        },
        ruleGroupMissed: (_, count) => {
          this.missed += count;
        },
      },
      ...this.#overrides,
    });
  }

  #answer(query: string, timeMs: number): QueryResult {
    this.asked.push({ query, at: timeMs });
    const answer = this.answers.get(query) ?? [];
    if (answer instanceof Error) throw answer;
    const samples = answer.map(({ labels, value }) => ({
      labels: PromqlLabels.from(labels),
      value,
    }));
    const stats = { samples: 0, series: 0 };
    return { value: { type: "vector", timeMs, samples }, warnings: [], infos: [], stats };
  }

  /** Runs the evaluation that is due next, whole. */
  async step(count = 1): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      const done = new Promise<void>((resolve) => {
        this.#evaluated.push(resolve);
      });
      const next = this.clock.next();
      if (next === undefined) throw new Error("no evaluation is planned");
      this.clock.advance(next - this.clock.now());
      await done;
    }
  }

  /** Lets `ms` pass, and awaits the evaluation that comes due in it. */
  async pass(ms: number): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.#evaluated.push(resolve);
    });
    this.clock.advance(ms);
    await done;
  }

  /** Lets the machine sleep over what was due: timers fire late, at once. */
  async sleep(ms: number): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.#evaluated.push(resolve);
    });
    this.clock.sleep(ms);
    await done;
  }

  /** Forgets the process: new rules over the same records, `ms` later. */
  async restart(ms: number, groups: readonly RuleGroup[]): Promise<void> {
    await this.rules.stop();
    this.clock.advance(ms);
    this.rules = this.#create();
    await this.rules.apply(groups);
    await this.rules.start();
  }

  /** What was written since the last call. */
  takeWritten(): string[] {
    const taken = this.written;
    this.written = [];
    return taken;
  }

  takeAccepted(): Alert[] {
    const taken = this.accepted;
    this.accepted = [];
    return taken;
  }
}

/** What a stand-in for an expression reads. */
const NOTHING: ReadonlySet<string> = new Set();

function describeBatch(batch: SampleBatch): string[] {
  return Array.from(batch.seriesOf, (series, index) => {
    const { __name__: name = "", ...labels } = batch.series[series] ?? {};
    const shown = Object.keys(labels)
      .sort()
      .map((label) => `${label}="${labels[label]}"`);
    const value = isStale(batch.values, index) ? "stale" : String(batch.values[index]);
    return `${name}{${shown.join(",")}} ${value} @${batch.times[index]}`;
  });
}

/** A group of rules that need no parsing. */
export function groupOf(rules: readonly Rule[], overrides: Partial<RuleGroup> = {}): RuleGroup {
  return {
    name: "g",
    file: "/rules/g.yml",
    source: "g.yml",
    language: "promql",
    interval: 1000,
    queryOffset: 0,
    limit: 0,
    rules,
    externalLabels: {},
    ...overrides,
  };
}

export function recordingRule(name: string, query: string, labels: Labels = {}): Rule {
  return { type: "recording", name, query, reads: NOTHING, labels };
}

export function alertingRule(
  name: string,
  query: string,
  options: {
    readonly holdFor?: number;
    readonly keepFiringFor?: number;
    readonly labels?: Labels;
    readonly annotations?: Labels;
  } = {},
): Rule {
  const { labels = {}, annotations = {} } = options;
  return {
    type: "alerting",
    name,
    query,
    reads: NOTHING,
    labels,
    annotations,
    holdFor: options.holdFor ?? 0,
    keepFiringFor: options.keepFiringFor ?? 0,
    templates: {
      labels: new LabelTemplates(name, labels),
      annotations: new LabelTemplates(name, annotations),
    },
  };
}
