import type { ServiceSummary } from "@seaworthy/contract";
import type { ApiSources, SeriesPoints } from "./sources.ts";

const MINUTE = 60_000;
const WINDOW = 30 * MINUTE;
const STEP = MINUTE;

/** Two scrapes fit in even when they are a minute apart. */
const RATE_WINDOW = "2m";

/** How each figure is asked for, given the label to group by and a matcher that narrows it. */
const EXPRESSIONS = {
  up: (label: string, matcher: string) => `avg by (${label}) (up{${matcher}})`,
  requestRate: (label: string, matcher: string) =>
    `sum by (${label}) (rate(http_requests_total{${matcher}}[${RATE_WINDOW}]))`,
  errorRate: (label: string, matcher: string) =>
    `sum by (${label}) (rate(http_requests_total{status=~"5..",${matcher}}[${RATE_WINDOW}]))`,
  p95: (label: string, matcher: string) =>
    `histogram_quantile(0.95, sum by (${label}, le) (rate(http_request_duration_seconds_bucket{${matcher}}[${RATE_WINDOW}])))`,
} as const;

type Figure = keyof typeof EXPRESSIONS;
const FIGURES: readonly Figure[] = ["up", "requestRate", "errorRate", "p95"];

/** What names a service: its label or, for series that have none, the job that scrapes it. */
const NAMES = [
  { label: "service", matcher: 'service!=""' },
  { label: "job", matcher: 'service=""' },
] as const;

/** A service without its alerts. */
export type ServiceFigures = Omit<ServiceSummary, "firingAlerts">;

/**
 * The services as their own metrics tell: request rate, share of 5xx and p95 now and over the last
 * 30 minutes, by what the kit exposes (and Prometheus's client libraries name alike).
 */
export async function readServices(
  source: Pick<ApiSources, "range">,
  now: number,
): Promise<readonly ServiceFigures[]> {
  const window = { start: now - WINDOW, end: now, step: STEP };
  const length = WINDOW / STEP + 1;
  const sparks = new Map<string, Record<Figure, (number | null)[]>>();
  const empty = () => Array.from({ length }, () => null);
  await Promise.all(
    NAMES.flatMap(({ label, matcher }) =>
      FIGURES.map(async (figure) => {
        for (const series of await source.range(EXPRESSIONS[figure](label, matcher), window)) {
          const service = series.labels[label] ?? "";
          if (service === "") continue;
          let known = sparks.get(service);
          if (known === undefined) {
            known = { up: empty(), requestRate: empty(), errorRate: empty(), p95: empty() };
            sparks.set(service, known);
          }
          fill(known[figure], series, window.start, figure.endsWith("Rate"));
        }
      }),
    ),
  );
  return [...sparks].map(([service, spark]) => {
    const errorShare = spark.requestRate.map((rate, index) => {
      // No traffic has no error share; traffic without any 5xx series has a share of nought.
      if (rate === null || rate === 0) return null;
      return Math.min(1, (spark.errorRate[index] ?? 0) / rate);
    });
    const last = (figure: readonly (number | null)[]) => figure.at(-1) ?? null;
    return {
      service,
      up: last(spark.up),
      requestRate: last(spark.requestRate),
      errorShare: last(errorShare),
      p95: last(spark.p95),
      spark: {
        stepSeconds: STEP / 1000,
        requestRate: spark.requestRate,
        errorShare,
        p95: spark.p95,
      },
    };
  });
}

/** Where a service's name is also a job's, rates add up, and of other figures one must do. */
function fill(
  spark: (number | null)[],
  series: SeriesPoints,
  start: number,
  addsUp: boolean,
): void {
  for (const [at, value] of series.points) {
    const index = Math.round((at - start) / STEP);
    if (index < 0 || index >= spark.length || !Number.isFinite(value)) continue;
    const before = spark[index] ?? null;
    if (before === null) spark[index] = value;
    else if (addsUp) spark[index] = before + value;
  }
}
