import { FLOAT } from "@seaworthy/promql";
import { formatMatcher } from "./model/index.ts";
import type { MetricsQuery } from "./query/index.ts";
import type { ProbeSource, StatusProbes } from "./respond/index.ts";
import { parseMatcher } from "./route/index.ts";

const DAY = 86_400_000;
/** Data is looked for in steps of this length: what lies between two answers of a slow probe is known. */
const STEP = 5 * 60_000;

/** What the status page asks of the metrics about probes. */
export function statusProbes(metrics: Pick<MetricsQuery, "instant" | "range">): StatusProbes {
  const seriesOf = ({ metric, matchers }: ProbeSource) =>
    `${metric}{${matchers.map((text) => formatMatcher(parseMatcher(text))).join(",")}}`;

  async function single(query: string, at: number): Promise<number | undefined> {
    const { value } = await metrics.instant(query, at);
    if (value.type !== "vector") return undefined;
    const found = value.samples[0]?.value;
    return typeof found === "number" ? found : undefined;
  }

  /** The values of the one series, by day's end. */
  async function column(query: string, from: number, to: number): Promise<Map<number, number>> {
    const { value } = await metrics.range(query, from, to, DAY);
    if (value.type !== "grid") return new Map();
    return new Map(
      value.series.flatMap(({ kinds, values }) =>
        [...kinds].flatMap((kind, i): [number, number][] =>
          kind === FLOAT ? [[value.grid.startMs + i * DAY, values[i] ?? 0]] : [],
        ),
      ),
    );
  }

  return {
    upShare: (source, now) =>
      single(`avg(max_over_time(${seriesOf(source)}[${source.failAfter}ms]))`, now),

    async days(source, days, now) {
      const series = seriesOf(source);
      const known = (span: number) => `max(count_over_time(${series}[${span}ms:${STEP}ms]))`;
      const share = (span: number) => `avg(avg_over_time(${series}[${span}ms]))`;
      const whole = days.filter((start) => start + DAY <= now);
      const first = whole[0];
      const last = whole.at(-1);
      const ends =
        first === undefined || last === undefined
          ? { steps: new Map<number, number>(), shares: new Map<number, number>() }
          : {
              steps: await column(known(DAY), first + DAY, last + DAY),
              shares: await column(share(DAY), first + DAY, last + DAY),
            };
      const found = whole.map((start) => {
        const knownMs = Math.min(DAY, (ends.steps.get(start + DAY) ?? 0) * STEP);
        return { start, knownMs, upMs: knownMs * (ends.shares.get(start + DAY) ?? 0) };
      });
      const today = days.find((start) => start + DAY > now);
      const span = today === undefined ? 0 : now - today;
      if (today === undefined || span < STEP) return found;
      const knownMs = Math.min(span, ((await single(known(span), now)) ?? 0) * STEP);
      const upMs = knownMs === 0 ? 0 : knownMs * ((await single(share(span), now)) ?? 0);
      return [...found, { start: today, knownMs, upMs }];
    },
  };
}
