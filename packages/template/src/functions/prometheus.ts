import { fn, variadic } from "../callable.ts";
import { FunctionError } from "../errors.ts";
import { escapeQuery } from "../escape.ts";
import { DurationValue, TimeValue } from "../time.ts";
import { compareUtf8, ListValue, MapValue, stringMap, StructValue } from "../values.ts";
import {
  humanize,
  humanize1024,
  humanizeDuration,
  humanizePercentage,
  humanizeTimestamp,
  toFloat,
  toTime,
} from "./humanize.ts";
import { stripDomain, stripPort } from "./host.ts";
import { asIs, match, replaceAll, titleWords, toLower, toUpper } from "./text.ts";
import type { FunctionSet, Value } from "../values.ts";

/** One element of an instant vector, as `query` answers it. */
export interface QuerySample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface PrometheusEnvironment {
  /** Where people reach the server, e.g. `https://seaworthy.example.com/`. */
  readonly externalUrl: string;
  /** Runs an instant query at the time of the evaluation. Without it `query` is an error. */
  readonly query?: (expression: string) => Promise<readonly QuerySample[]>;
  /** Seconds since 1970, for `now`. */
  readonly now?: number;
}

/** The functions of Prometheus's rule and console templates. */
export function prometheusFunctions(environment: PrometheusEnvironment): FunctionSet {
  const { externalUrl, query } = environment;
  return {
    ...PURE,
    externalURL: fn([], () => externalUrl),
    pathPrefix: fn([], () => pathOf(externalUrl)),
    query: fn(["string"], ([expression], run) => {
      if (query === undefined) throw new FunctionError("queries are not available here");
      return run.load(expression, async () => {
        const samples = await query(expression);
        return new ListValue(samples.map(toSample), "template.queryResult");
      });
    }),
    now: fn([], () => {
      if (environment.now === undefined)
        throw new FunctionError("there is no evaluation time here");
      return environment.now;
    }),
  };
}

function toSample(sample: QuerySample): StructValue {
  return new StructValue("*template.sample", {
    Labels: stringMap(sample.labels),
    Value: sample.value,
  });
}

const SAMPLE_VALUE_LABEL = "__value__";

const PURE: FunctionSet = {
  first: fn(["list"], ([vector]) => {
    if (vector.items.length === 0)
      throw new FunctionError("first() called on vector with no elements");
    return vector.items[0];
  }),
  label: fn(["string", "struct"], ([name, sample]) => labelOf(sample, name)),
  value: fn(["struct"], ([sample]) => sample.fields.get("Value")),
  strvalue: fn(["struct"], ([sample]) => labelOf(sample, SAMPLE_VALUE_LABEL)),
  sortByLabel: fn(["string", "list"], ([name, vector]) => {
    const key = (item: Value) => (item instanceof StructValue ? labelOf(item, name) : "");
    const items = vector.items.toSorted((a, b) => compareUtf8(key(a), key(b)));
    return new ListValue(items, vector.typeName);
  }),
  args: variadic([], "any", (_, values) => {
    const entries = values.map((value, index) => [`arg${index}`, value] as const);
    return new MapValue(new Map(entries));
  }),
  reReplaceAll: replaceAll,
  safeHtml: asIs,
  match,
  title: fn(["string"], ([text]) => titleWords(text)),
  toUpper,
  toLower,
  graphLink: fn(["string"], ([expression]) => `/graph?g0.expr=${escapeQuery(expression)}&g0.tab=0`),
  tableLink: fn(["string"], ([expression]) => `/graph?g0.expr=${escapeQuery(expression)}&g0.tab=1`),
  urlQueryEscape: fn(["string"], ([text]) => escapeQuery(text)),
  stripPort: fn(["string"], ([address]) => stripPort(address)),
  stripDomain: fn(["string"], ([address]) => stripDomain(address)),
  humanize: fn(["any"], ([value]) => humanize(toFloat(value))),
  humanize1024: fn(["any"], ([value]) => humanize1024(toFloat(value))),
  humanizeDuration: fn(["any"], ([value]) => humanizeDuration(toFloat(value))),
  humanizePercentage: fn(["any"], ([value]) => humanizePercentage(toFloat(value))),
  humanizeTimestamp: fn(["any"], ([value]) => humanizeTimestamp(toFloat(value))),
  toTime: fn(["any"], ([value]) => (value instanceof TimeValue ? value : toTime(toFloat(value)))),
  toDuration: fn(["any"], ([value]) => DurationValue.ofMilliseconds(toFloat(value) * 1000)),
  parseDuration: fn(["string"], ([text]) => parseDuration(text)),
};

function labelOf(sample: StructValue, name: string): string {
  const labels = sample.fields.get("Labels");
  const value = labels instanceof MapValue ? labels.entries.get(name) : undefined;
  return typeof value === "string" ? value : "";
}

function pathOf(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? "";
}

const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const DURATION_SECONDS = [31_536_000, 604_800, 86_400, 3600, 60, 1, 0.001];

/** Prometheus's duration notation in seconds. */
function parseDuration(text: string): number {
  const found = DURATION.exec(text);
  if (text === "") throw new FunctionError("empty duration string");
  if (found === null) {
    if (text === "0") return 0;
    throw new FunctionError(`not a valid duration string: ${JSON.stringify(text)}`);
  }
  const ms = DURATION_SECONDS.reduce(
    (sum, seconds, index) => sum + Number(found[index + 1] ?? 0) * seconds * 1000,
    0,
  );
  return ms / 1000;
}
