import type { RuleLanguage } from "@seaworthy/contract";
import { Skeleton } from "@mantine/core";
import { useQueries, type UseQueryResult } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import type { ExemplarSeries, Series } from "../api/prometheus.ts";

import { useTimeRange } from "../time/use-time-range.ts";
import { absoluteRange, type Span } from "../time/time-range.ts";
import styles from "./Graph.module.css";
import { Legend } from "./Legend.tsx";
import { QueryError } from "./QueryError.tsx";
import { exemplarsToShow } from "./exemplars.ts";
import { exemplarsQuery, rangeQuery } from "./queries.ts";
import type { ChartBand, ChartMark, ChartThreshold } from "./marks.ts";
import { byMax, toLines } from "./series-data.ts";
import { unitOf } from "./unit-of.ts";

const SeriesChart = lazy(() => import("./SeriesChart.tsx"));

interface GraphProps {
  readonly expressions: readonly string[];
  /** PromQL by default. */
  readonly language?: RuleLanguage;
  /** Aligned to `step`. */
  readonly span: Span;
  /** Seconds. */
  readonly step: number;
  readonly height?: number;
  readonly threshold?: ChartThreshold | undefined;
  readonly marks?: readonly ChartMark[];
  readonly bands?: readonly ChartBand[];
  /** Keeps only the series that belong here; all of them when none does. */
  readonly keep?: (labels: Readonly<Record<string, string>>) => boolean;
  readonly only?: string | null;
  readonly onOnly?: (key: string | null) => void;
  readonly legend?: boolean;
  /** Whether measured events with traces are shown along the foot. */
  readonly exemplars?: boolean;
}

function gather(answers: readonly UseQueryResult<readonly Series[]>[]) {
  const place = answers.findIndex((answer) => answer.error !== null);
  const bad = answers[place];
  return {
    results: answers.map((answer) => answer.data ?? []),
    isPending: answers.some((answer) => answer.isPending),
    failed:
      bad === undefined || bad.error === null
        ? null
        : { place, error: bad.error, retry: () => void bad.refetch() },
  };
}

/** As many as can be told apart on a narrow screen. */
const mostExemplars = 40;

/** What has none, or cannot be asked for them, has a graph still. */
function gatherExemplars(
  answers: readonly UseQueryResult<readonly ExemplarSeries[]>[],
): readonly ExemplarSeries[] {
  return answers.flatMap(({ data }) => data ?? []);
}

/** Expressions over time, with their legend, and in the same place their loading, empty and failed states. */
export function Graph({
  expressions,
  language = "promql",
  span,
  step,
  height = 240,
  threshold,
  marks,
  bands,
  keep,
  only = null,
  onOnly,
  legend = true,
  exemplars = false,
}: GraphProps) {
  const { zone, setRange } = useTimeRange();
  const { results, isPending, failed } = useQueries({
    queries: expressions.map((expression) => rangeQuery(expression, span, step, language)),
    combine: gather,
  });
  const data = useMemo(() => {
    const sets = results.map((all, index) => {
      const kept = keep === undefined ? all : all.filter((series) => keep(series.metric));
      const prefix = results.length > 1 ? `${"ABCDEFGHIJ"[index] ?? index}: ` : "";
      return toLines(kept.length > 0 ? kept : all, span, step, prefix);
    });
    return { times: sets[0]?.times ?? [], lines: byMax(sets.flatMap((set) => set.lines)) };
  }, [results, span, step, keep]);
  const known = useQueries({
    queries: exemplars ? expressions.map((expression) => exemplarsQuery(expression, span)) : [],
    combine: gatherExemplars,
  });
  const dots = useMemo(() => exemplarsToShow(known, span, mostExemplars), [known, span]);
  const unit = useMemo(() => {
    const units = new Set(expressions.map(unitOf));
    return units.size === 1 ? ([...units][0] ?? "none") : "none";
  }, [expressions]);

  if (failed !== null)
    return (
      <div style={{ minHeight: height }}>
        <QueryError
          expression={expressions[failed.place] ?? ""}
          error={failed.error}
          retry={failed.retry}
        />
      </div>
    );
  if (isPending) return <Skeleton height={height} radius={6} />;
  if (data.lines.length === 0)
    return (
      <div className={styles.empty} style={{ height }}>
        <strong>No data in this range</strong>
        <span>The query is well formed, but no series matches it here. Try a longer range.</span>
      </div>
    );
  return (
    <div>
      <Suspense fallback={<Skeleton height={height} radius={6} />}>
        <SeriesChart
          data={data}
          span={span}
          unit={unit}
          zone={zone}
          height={height}
          label={`Graph of ${expressions.join(" and ")}; its figures are in the table that follows`}
          only={only}
          threshold={threshold}
          marks={marks}
          bands={bands}
          exemplars={dots}
          onZoom={(start, end) => setRange(absoluteRange(start, end))}
        />
      </Suspense>
      {legend ? (
        <Legend lines={data.lines} unit={unit} only={only} onOnly={onOnly ?? (() => undefined)} />
      ) : null}
    </div>
  );
}
