import { RE2JS } from "re2js";
import { PromqlError } from "../../errors.ts";
import { Labels, METRIC_NAME } from "../../labels.ts";
import { type Matcher, matcherTest, matchesEmpty } from "../../matchers.ts";
import type { InfoPlan, LookupPlan } from "../../plan/plan.ts";
import { ABSENT, HISTOGRAM } from "../../source.ts";
import { type Column, ColumnSet } from "../column.ts";
import type { EvaluationContext } from "../context.ts";
import { evaluateLookup } from "../lookup.ts";

/** The labels by which a series and its info series belong together. */
const IDENTIFYING = ["instance", "job"] as const;
const TARGET_INFO: Matcher = { name: METRIC_NAME, operator: "=", value: "target_info" };
const ANY_INFO: Matcher = { name: METRIC_NAME, operator: "=~", value: ".+_info" };

/** An info series with, at each step, the time of the sample that makes it current. */
interface InfoSeries {
  readonly name: string;
  readonly column: Column;
}

/**
 * info(v, {matchers}): adds to each series the labels of the info series with the same instance and
 * job. Which one that is may change from step to step.
 */
export async function enrich(
  plan: InfoPlan,
  base: readonly Column[],
  context: EvaluationContext,
): Promise<Column[]> {
  const wanted = splitMatchers(plan.matchers);
  const isInfo = allMatch(wanted.names);
  const enriched = base.filter(
    ({ labels }) => !isInfo(labels.metricName) && identity(labels) !== "",
  );
  const series = enriched.length === 0 ? [] : await fetchInfo(plan, wanted, enriched, context);
  const byIdentity = new Map<string, InfoSeries[]>();
  for (const info of series) {
    const key = identity(info.column.labels);
    const known = byIdentity.get(key);
    if (known === undefined) byIdentity.set(key, [info]);
    else known.push(info);
  }
  const results = new ColumnSet(plan.grid.steps);
  const required = wanted.data.some((matcher) => !matchesEmpty(matcher));
  for (const column of base) {
    const { labels, dropName } = column;
    const exempt = isInfo(labels.metricName);
    const candidates = exempt ? [] : (byIdentity.get(identity(labels)) ?? []);
    for (let step = 0; step < plan.grid.steps; step += 1) {
      if (column.kinds[step] === ABSENT) continue;
      const current = currentByName(candidates, step);
      if (current.length === 0 && required && !exempt) continue;
      const target = results.column(withData(labels, current, wanted.dataNames), dropName);
      if (target.kinds[step] !== ABSENT) {
        throw new PromqlError("execution", "vector cannot contain metrics with the same labelset");
      }
      target.copy(step, column);
    }
  }
  return results.present();
}

interface Wanted {
  readonly names: readonly Matcher[];
  readonly data: readonly Matcher[];
  /** Which labels to add; empty: all. */
  readonly dataNames: ReadonlySet<string>;
}

/** Without a word on the names of info metrics it is target_info; with only exclusions, any info. */
function splitMatchers(matchers: readonly Matcher[]): Wanted {
  const given = matchers.filter(({ name }) => name === METRIC_NAME);
  const positive = given.some(({ operator }) => operator === "=" || operator === "=~");
  const names = given.length === 0 ? [TARGET_INFO] : positive ? given : [ANY_INFO, ...given];
  const data = matchers.filter(({ name }) => name !== METRIC_NAME);
  return { names, data, dataNames: new Set(data.map(({ name }) => name)) };
}

function allMatch(matchers: readonly Matcher[]): (name: string) => boolean {
  const tests = matchers.map((matcher) => matcherTest(matcher));
  return (name) => tests.every((test) => test(name));
}

/** The values of the identifying labels, "" when the series has none of them. */
function identity(labels: Labels): string {
  const values = IDENTIFYING.map((name) => labels.get(name));
  return values.every((value) => value === "") ? "" : JSON.stringify(values);
}

async function fetchInfo(
  plan: InfoPlan,
  { names, data }: Wanted,
  base: readonly Column[],
  context: EvaluationContext,
): Promise<InfoSeries[]> {
  const related = IDENTIFYING.map((name): Matcher => {
    const values = new Set(base.map(({ labels }) => labels.get(name)));
    return { name, operator: "=~", value: [...values].map((v) => RE2JS.quote(v)).join("|") };
  });
  const lookup = (wanted: LookupPlan["wanted"]): LookupPlan => ({
    kind: "lookup",
    selector: {
      matchers: [...names, ...data, ...related],
      sampleGrid: plan.sampleGrid,
      span: plan.span,
    },
    windowMs: plan.windowMs,
    wanted,
    // The name is what tells one info metric from another.
    keepNames: true,
    grid: plan.grid,
    span: plan.span,
  });
  const [values, times] = await Promise.all([
    evaluateLookup(lookup("value"), context),
    evaluateLookup(lookup("time"), context),
  ]);
  if (values.some(({ kinds }) => kinds.includes(HISTOGRAM))) {
    throw new PromqlError("execution", "info sample should be float", plan.span);
  }
  return times.map((column) => ({ name: column.labels.metricName, column }));
}

/** The info series current at a step: of each metric the one with the newest sample. */
function currentByName(candidates: readonly InfoSeries[], step: number): Labels[] {
  const newest = new Map<string, Column>();
  for (const { name, column } of candidates) {
    if (column.kinds[step] === ABSENT) continue;
    const other = newest.get(name);
    const time = column.values[step] ?? 0;
    const otherTime = other?.values[step] ?? Number.NEGATIVE_INFINITY;
    if (other !== undefined && time === otherTime) {
      const pair = `existing ${other.labels.toString()}, new ${column.labels.toString()}`;
      throw new PromqlError(
        "execution",
        `found duplicate series for info metric: ${pair} @ ${time * 1000}`,
      );
    }
    if (time > otherTime) newest.set(name, column);
  }
  return [...newest.values()].map(({ labels }) => labels);
}

function withData(
  labels: Labels,
  infos: readonly Labels[],
  dataNames: ReadonlySet<string>,
): Labels {
  const added = new Map<string, string>();
  for (const info of infos) {
    for (const [name, value] of info) {
      if (name === METRIC_NAME || (dataNames.size > 0 && !dataNames.has(name))) continue;
      const known = added.get(name);
      if (known !== undefined && known !== value) {
        throw new PromqlError("execution", `conflicting label: ${name}`);
      }
      if (!labels.has(name)) added.set(name, value);
    }
  }
  return added.size === 0 ? labels : Labels.of([...labels, ...added]);
}
