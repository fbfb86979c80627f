import { expect, test } from "vitest";
import { runScript } from "../testing/index.ts";

/** Runs statements of PromQL's test language and expects them all to hold. */
async function holds(script: string): Promise<void> {
  const outcomes = await runScript(script);
  expect(outcomes.length).toBeGreaterThan(0);
  expect(outcomes.filter(({ problem }) => problem !== undefined)).toEqual([]);
}

test("windows are open on the left", () =>
  holds(`
load 10s
  x 1 2 3 4 5 6

eval instant at 40s sum_over_time(x[20s])
  {} 9

eval instant at 40s count_over_time(x[10s])
  {} 1

eval range from 20s to 50s step 10s max_over_time(x[20s])
  {} 3 4 5 6

eval range from 20s to 50s step 10s min_over_time(x[20s])
  {} 2 3 4 5

eval instant at 40s x offset -10s
  x 6
`));

test("min and max over time pass NaN by unless there is nothing else", () =>
  holds(`
load 10s
  x NaN 5 NaN 3 9 NaN NaN

eval range from 0s to 60s step 10s min_over_time(x[20s])
  {} NaN 5 5 3 3 9 NaN

eval range from 0s to 60s step 10s max_over_time(x[20s])
  {} NaN 5 5 3 9 9 NaN

eval range from 0s to 60s step 10s max_over_time(x[20s]) + min_over_time(x[30s])
  {} NaN 10 10 6 12 12 NaN
`));

test("rates extrapolate to the window's edges, but not below a counter's zero", () =>
  holds(`
load 1m
  steady_total 0+60x10
  fresh_total _ _ _ 10 70 130
  reset_total 100 160 20 80 140

eval instant at 10m rate(steady_total[5m])
  {} 1

eval instant at 5m increase(fresh_total[5m])
  {} 130

eval instant at 4m increase(reset_total[5m])
  {} 250

eval instant at 4m delta(reset_total[5m])
  {} 50

eval instant at 4m irate(reset_total[5m])
  {} 1

eval instant at 4m resets(reset_total[5m])
  {} 1
`));

test("a regression needs two samples and predicts from the time of evaluation", () =>
  holds(`
load 10s
  x 0+5x10
  single 3

eval instant at 100s deriv(x[1m])
  {} 0.5

eval instant at 100s predict_linear(x[1m], 60)
  {} 80

eval instant at 110s predict_linear(x[1m] @ 100, 60)
  {} 85

eval instant at 0 deriv(single[1m])
`));

test("vector matching pairs by labels and finds out ambiguity", () =>
  holds(`
load 1m
  errors{job="a",code="500"} 5
  errors{job="a",code="404"} 3
  errors{job="b",code="500"} 1
  total{job="a"} 100
  total{job="b"} 50
  owner{job="a",team="red"} 1

eval instant at 0 errors / on (job) group_left total
  {job="a",code="500"} 0.05
  {job="a",code="404"} 0.03
  {job="b",code="500"} 0.02

eval instant at 0 total * on (job) group_left (team) owner
  {job="a",team="red"} 100

eval instant at 0 total > on (job) 60 + 0 * total
  {job="a"} 100

eval instant at 0 errors / on (job) total
  expect fail msg: multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)

eval instant at 0 total / on (job) errors
  expect fail regex: found duplicate series for the match group \\{job="a"\\} on the right hand-side

eval instant at 0 total unless on (job) owner
  total{job="b"} 50

eval instant at 0 owner or on (job) total
  owner{job="a",team="red"} 1
  total{job="b"} 50
`));

test("matching is settled step by step", () =>
  holds(`
load 1m
  a{v="1"} 1 stale 3
  a{v="2"} _ 2 stale
  b 10 10 stale

eval range from 0 to 2m step 1m a + on () b
  {} 11 12 _

eval range from 0 to 2m step 1m a and on () b
  a{v="1"} 1 _ _
  a{v="2"} _ 2 _
`));

test("aggregations keep, drop and rank", () =>
  holds(`
load 1m
  x{a="1",b="1"} 1
  x{a="1",b="2"} 2
  x{a="2",b="1"} 3
  x{a="2",b="2"} NaN

eval instant at 0 sum without (b) (x{b="1"})
  {a="1"} 1
  {a="2"} 3

eval instant at 0 topk(2, x)
  expect ordered
  x{a="2",b="1"} 3
  x{a="1",b="2"} 2

eval instant at 0 bottomk by (a) (1, x)
  x{a="1",b="1"} 1
  x{a="2",b="1"} 3

eval instant at 0 quantile(0.5, x{a="1"})
  {} 1.5

eval instant at 0 count_values("v", x < 3)
  {v="1"} 1
  {v="2"} 1

eval instant at 0 min(x)
  {} 1

eval instant at 0 stddev(x{a="1"})
  {} 0.5

eval instant at 0 limit_ratio(0.3, x) or limit_ratio(-0.7, x)
  x{a="1",b="1"} 1
  x{a="1",b="2"} 2
  x{a="2",b="1"} 3
  x{a="2",b="2"} NaN
`));

test("sums compensate, and means survive an overflow", () =>
  holds(`
load 1m
  x{n="1"} 1
  x{n="2"} 1e100
  x{n="3"} 1
  x{n="4"} -1e100
  big{n="1"} 1.7e308
  big{n="2"} 1.7e308

eval instant at 0 sum(x)
  {} 2

eval instant at 0 avg(x)
  {} 0.5

eval instant at 0 avg(big)
  {} 1.7e308

eval instant at 0 sum(big)
  {} Inf
`));

test("Go's min and max let infinity win over NaN", () =>
  holds(`
load 1m
  x{n="1"} -Inf
  x{n="2"} 1

eval instant at 0 clamp_max(x, NaN)
  {n="1"} -Inf
  {n="2"} NaN

eval instant at 0 clamp(x, 2, 1)

eval instant at 0 1 ^ NaN
  1
`));

test("functions of dates count in UTC", () =>
  holds(`
eval instant at 0 day_of_year(vector(1735603200))
  {} 366

eval instant at 0 days_in_month(vector(1707523200))
  {} 29

eval instant at 1735689599s hour() + minute() / 100
  {} 23.59
`));

test("what is absent carries the labels that were asked for", () =>
  holds(`
load 1m
  up{job="a"} 1 _ _ _ _ _ _ _

eval range from 0 to 10m step 5m absent(up{job="a",zone=~"x.*"})
  {job="a"} 1 1 1

eval range from 0 to 10m step 5m absent_over_time(up{job="a"}[5m])
  {job="a"} _ 1 1

eval instant at 0 absent(sum(nothing{job="b"}))
  {} 1
`));

test("native histograms go through functions, operators and aggregations", () =>
  holds(`
load 1m
  h{i="1"} {{schema:0 count:4 sum:5 buckets:[1 2 1]}}+{{schema:0 count:4 sum:5 buckets:[1 2 1]}}x5
  h{i="2"} {{schema:0 count:2 sum:3 buckets:[1 1]}}x5
  f 2

eval instant at 0 sum(h)
  {} {{schema:0 count:6 sum:8 buckets:[2 3 1]}}

eval instant at 0 h{i="2"} * on () group_left f
  {i="2"} {{schema:0 count:4 sum:6 buckets:[2 2]}}

eval instant at 5m histogram_count(increase(h{i="1"}[5m]))
  {i="1"} 20

eval instant at 0 h{i="1"} + on () f
  expect info msg: PromQL info: incompatible sample types encountered for binary operator "+": histogram + float (1:1)

eval instant at 0 sum({__name__=~"h|f"})
  expect warn msg: PromQL warning: encountered a mix of histograms and floats for aggregation (1:5)

eval instant at 0 histogram_avg(h{i="1"} </ 1)
  {i="1"} 0.7071067811865476
`));
