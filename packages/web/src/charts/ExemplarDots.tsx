import { paths } from "../app/paths.ts";
import { ScreenLink } from "../elements/ScreenLink.tsx";
import type { Span } from "../time/time-range.ts";
import { formatTimeOfDay, type Zone } from "../values/instant.ts";
import type { ChartExemplar } from "./exemplars.ts";
import styles from "./SeriesChart.module.css";

interface ExemplarDotsProps {
  readonly exemplars: readonly ChartExemplar[];
  readonly span: Span;
  readonly zone: Zone;
  /** Where the plot begins and how wide it is, in pixels. */
  readonly frame: { readonly left: number; readonly width: number };
}

/** Measured events along the foot of a graph, each a link to its trace. */
export function ExemplarDots({ exemplars, span, zone, frame }: ExemplarDotsProps) {
  return exemplars.map(({ at, value, traceId, spanId }) => {
    const text = `The trace of ${Number(value.toPrecision(3))} at ${formatTimeOfDay(at, zone)}`;
    const share = (at - span.start) / (span.end - span.start);
    return (
      <ScreenLink
        key={`${at} ${traceId}`}
        to={paths.trace(traceId, spanId)}
        className={styles.exemplar}
        style={{ left: frame.left + share * frame.width }}
        aria-label={text}
        title={text}
      />
    );
  });
}
