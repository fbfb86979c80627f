import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse as parseYaml } from "yaml";

const RANGES = ["1m", "5m", "30m"];
const SHAPES = ["gauge", "requests_total", "sparse_total", "restarting", "odd"];

/** Functions over windows, `$` standing for the window. */
const OVER_TIME = [
  "avg_over_time($)",
  "min_over_time($)",
  "max_over_time($)",
  "sum_over_time($)",
  "count_over_time($)",
  "stddev_over_time($)",
  "stdvar_over_time($)",
  "last_over_time($)",
  "present_over_time($)",
  "absent_over_time($)",
  "quantile_over_time(0.9, $)",
  "rate($)",
  "increase($)",
  "irate($)",
  "delta($)",
  "idelta($)",
  "deriv($)",
  "predict_linear($, 600)",
  "changes($)",
  "resets($)",
];
const MATH =
  "abs ceil floor exp ln log2 log10 sqrt sgn sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh deg rad round".split(
    " ",
  );
const DATES = "minute hour day_of_week day_of_month day_of_year days_in_month month year".split(
  " ",
);
const AGGREGATIONS = [
  "sum",
  "avg",
  "min",
  "max",
  "count",
  "group",
  "stddev",
  "stdvar",
  "quantile(0.3, ",
  "topk(2, ",
  "bottomk(2, ",
  'count_values("v", ',
];
const GROUPINGS = ["", " by (job)", " without (instance)", " by (zone, nothing)"];
const ARITHMETIC = ["+", "-", "*", "/", "%", "^", "atan2"];
const COMPARISONS = ["==", "!=", ">", "<", ">=", "<="];

/** Functions × shapes × ranges, the same list every time. */
export function generatedExpressions(): string[] {
  const list: string[] = [
    ...SHAPES,
    'gauge{job="api"}',
    'gauge{zone=~"z[01]",job!="web"}',
    "latency",
  ];
  for (const template of OVER_TIME) {
    for (const shape of SHAPES) {
      for (const range of RANGES) list.push(template.replace("$", `${shape}[${range}]`));
    }
  }
  for (const name of MATH) list.push(`${name}(gauge)`, `${name}(gauge / 50)`);
  for (const name of DATES) list.push(`${name}()`, `${name}(gauge * 1e7)`);
  list.push(
    "clamp(gauge, -10, 20)",
    "clamp_min(gauge, 3)",
    "clamp_max(gauge, 3)",
    "round(gauge, 0.5)",
  );
  for (const name of AGGREGATIONS) {
    for (const grouping of GROUPINGS) {
      for (const operand of ["gauge", "rate(requests_total[5m])"]) {
        const [head, open] = name.endsWith(" ")
          ? [name.slice(0, name.indexOf("(")), name.slice(name.indexOf("("))]
          : [name, "("];
        list.push(`${head}${grouping}${open}${operand})`);
      }
    }
  }
  for (const operator of ARITHMETIC) {
    list.push(
      `gauge ${operator} 3`,
      `2 ${operator} gauge`,
      `gauge ${operator} requests_total`,
      `gauge ${operator} on (instance) requests_total`,
      `gauge ${operator} ignoring (code) requests_total`,
      `gauge ${operator} on (job, instance) group_left (version) build_info`,
      `odd ${operator} 2`,
      `3 ${operator} 2`,
    );
  }
  for (const operator of COMPARISONS) {
    list.push(
      `gauge ${operator} 3`,
      `3 ${operator} gauge`,
      `gauge ${operator} bool 3`,
      `gauge ${operator} on (instance) restarting`,
      `gauge ${operator} bool ignoring (code) requests_total`,
      `odd ${operator} 0`,
      `1 ${operator} bool 2`,
    );
  }
  for (const operator of ["and", "or", "unless"]) {
    list.push(
      `gauge ${operator} restarting`,
      `gauge ${operator} on (zone) (requests_total > 1000)`,
      `gauge ${operator} ignoring (code) requests_total`,
    );
  }
  for (const quantile of ["-1", "0", "0.5", "0.99", "1", "2"]) {
    list.push(
      `histogram_quantile(${quantile}, rate(duration_bucket[5m]))`,
      `histogram_quantile(${quantile}, sum by (le, job) (rate(duration_bucket[5m])))`,
      `histogram_quantile(${quantile}, rate(latency[5m]))`,
    );
  }
  for (const modifier of [
    "offset 7m",
    "offset -3m",
    "@ end()",
    "@ start()",
    "@ start() offset 2m",
  ]) {
    list.push(
      `gauge ${modifier}`,
      `rate(requests_total[5m] ${modifier})`,
      `sum by (job) (max_over_time(sparse_total[10m] ${modifier}))`,
      `max_over_time(rate(requests_total[2m])[20m:1m] ${modifier})`,
    );
  }
  for (const name of ["rate", "increase", "delta", "avg_over_time", "sum_over_time"]) {
    list.push(`${name}(latency[5m])`, `sum by (job) (${name}(latency[5m]))`);
  }
  return [...list, ...SINGLE];
}

const SINGLE = [
  "time()",
  "vector(3)",
  "scalar(gauge)",
  'scalar(gauge{instance="h1:80"})',
  "-gauge",
  "+odd",
  "1 / 0 * gauge",
  "absent(gauge)",
  'absent(nothing{job="a",x=~"b"})',
  "absent(sum(nothing))",
  "timestamp(gauge)",
  "timestamp(gauge offset 1m)",
  "timestamp(-gauge)",
  'label_replace(gauge, "host", "$1-x", "instance", "(h\\\\d+):.*")',
  'label_replace(gauge, "zone", "", "zone", ".*")',
  'label_join(gauge, "both", "/", "job", "zone", "nothing")',
  "sum(gauge) / count(gauge)",
  "histogram_count(latency)",
  "histogram_sum(latency)",
  "histogram_sum(rate(latency[5m])) / histogram_count(rate(latency[5m]))",
  "histogram_fraction(0, 2, rate(latency[5m]))",
  "latency + latency",
  "latency * 2",
  "count(latency)",
  "sum(latency)",
  "avg(latency)",
  "count by (job) (gauge > 0)",
  "avg_over_time((gauge > 0)[15m:30s])",
  "sum_over_time(restarting[10m:20s])",
  "deriv(gauge[10m:1m])",
  "min_over_time(sum by (job) (gauge)[15m:])",
  "rate(requests_total[5m]) > on (instance) group_left () (gauge > 0)",
  "topk(1, requests_total) by (job)",
  "quantile by (job) (scalar(count(gauge)) / 10, gauge)",
  'sum by (job) (rate(requests_total{code=~"5.."}[5m])) / ignoring (code) sum by (job) (rate(requests_total[5m]))',
  "requests_total - requests_total offset 5m",
  "predict_linear(gauge[30m], 3600) < 0",
  "changes(restarting[1h]) + resets(restarting[1h])",
  'count_values without (zone) ("version", build_info)',
  "group by (version) (build_info)",
  "sum(requests_total) by (code) > bool 5000",
  "(gauge + 1) ^ 2 ^ 0.5",
  "gauge % -7",
  "sgn(gauge) * sqrt(abs(gauge))",
  "sum_over_time(gauge[5m:1m]) / 5",
  "max(rate(requests_total[5m])) by (zone) or max(gauge) by (zone)",
  "gauge and on () vector(1)",
  "gauge unless on () vector(1)",
  "vector(time()) % 60",
  'gauge{job=~"a.*"} or gauge{job=~"w.*"}',
  '{__name__=~"gauge|build_info"}',
  'count({__name__=~".+",job="api"}) by (__name__)',
  "max_over_time(odd[20m]) == +Inf",
  "stddev(requests_total) / avg(requests_total)",
  'sum(rate(duration_bucket{le="1"}[5m])) / sum(rate(duration_bucket{le="+Inf"}[5m]))',
];

/** All PromQL in the rule files and dashboards below a folder. */
export function expressionsBelow(folder: string): string[] {
  const found = new Set<string>();
  for (const path of filesBelow(folder)) {
    const text = readFileSync(path, "utf8");
    const document: unknown = path.endsWith(".json") ? JSON.parse(text) : parseYaml(text);
    collect(document, found);
  }
  return [...found];
}

function* filesBelow(folder: string): Generator<string> {
  for (const name of readdirSync(folder).sort()) {
    // Rules of Loki's are written in another language.
    if (["node_modules", "dist", "loki-rules", "loki-rule-tests"].includes(name)) continue;
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* filesBelow(path);
    else if (/\.(?:ya?ml|json)$/.test(name) && !/^(?:package|tsconfig)/.test(name)) yield path;
  }
}

function collect(value: unknown, found: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === "expr" && typeof inner === "string") found.add(withoutVariables(inner));
    else collect(inner, found);
  }
}

/** A dashboard's variables as they might be chosen. */
function withoutVariables(expression: string): string {
  return expression.replace(/\[\$\{?\w+\}?\]/g, "[5m]").replace(/"\$\{?\w+(?::\w+)?\}?"/g, '".*"');
}
