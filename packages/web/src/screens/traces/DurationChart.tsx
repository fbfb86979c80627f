import { Skeleton } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { TraceDurations } from "@seaworthy/contract";
import { useMemo, useRef, useState } from "react";
import { absoluteRange, type Span, type TimeRange } from "../../time/time-range.ts";
import { useTimeRange } from "../../time/use-time-range.ts";
import { formatDayAndTime, formatTimeOfDay } from "../../values/instant.ts";
import { count, formatQuantity } from "../../values/quantity.ts";
import { gridOf, ticksOf, writeNs } from "./duration-grid.ts";
import { durationsOf } from "./queries.ts";
import styles from "./DurationChart.module.css";

const height = 132;
const steps = 80;

/** A part of the picture: a stretch of time, and of durations where it is not all of them. */
export interface Picked {
  readonly range: TimeRange;
  readonly atLeast?: string;
  readonly atMost?: string;
}

interface DurationChartProps {
  readonly query: string;
  readonly span: Span;
  readonly pick: (picked: Picked) => void;
}

/** How long spans took over time, the darker the more; failed ones are marked. Dragging narrows to a part. */
export function DurationChart({ query, span, pick }: DurationChartProps) {
  const { data, error } = useQuery(durationsOf(query, span, steps));
  // The list tells what is wrong with the query.
  if (error !== null) return null;
  if (data === undefined) return <Skeleton height={height + 20} radius={6} />;
  return <Cells durations={data} span={span} pick={pick} />;
}

interface Corner {
  readonly step: number;
  readonly row: number;
}

function Cells({
  durations,
  span,
  pick,
}: Omit<DurationChartProps, "query"> & { readonly durations: TraceDurations }) {
  const { ref, width } = useElementSize();
  const { zone } = useTimeRange();
  const svg = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<readonly [Corner, Corner] | null>(null);
  const grid = useMemo(() => gridOf(durations), [durations]);
  const { rows } = grid;
  const wide = width / steps;
  const tall = height / Math.max(1, rows.length);
  const cornerOf = (event: { clientX: number; clientY: number }): Corner => {
    const box = svg.current?.getBoundingClientRect();
    const clamp = (value: number, most: number) => Math.min(most, Math.max(0, Math.floor(value)));
    return {
      step: clamp((event.clientX - (box?.left ?? 0)) / wide, steps - 1),
      row: rows.length - 1 - clamp((event.clientY - (box?.top ?? 0)) / tall, rows.length - 1),
    };
  };
  const box = drag === null ? null : boxOf(drag);
  const choose = () => {
    if (box === null) return;
    const start = Date.parse(durations.start);
    const step = durations.stepSeconds * 1000;
    const low = rows[box.low];
    const high = rows[box.high];
    const all = box.low === 0 && box.high === rows.length - 1;
    pick({
      range: absoluteRange(
        start + box.first * step,
        Math.min(span.end, start + (box.last + 1) * step),
      ),
      ...(all || low === undefined ? {} : { atLeast: writeNs(low) }),
      ...(all || high === undefined ? {} : { atMost: writeNs(high * Math.SQRT2) }),
    });
  };
  return (
    <figure ref={ref} className={styles.chart}>
      <svg
        ref={svg}
        width={width}
        height={height}
        role="img"
        aria-label={`Durations of ${count(durations.spans, "span")} over time, ${durations.errors} of them failed`}
        onPointerDown={(event) => {
          if (rows.length === 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          const corner = cornerOf(event);
          setDrag([corner, corner]);
        }}
        onPointerMove={(event) => {
          if (drag !== null) setDrag([drag[0], cornerOf(event)]);
        }}
        onPointerUp={() => {
          choose();
          setDrag(null);
        }}
        onPointerCancel={() => setDrag(null)}
      >
        {box === null ? null : (
          <rect
            className={styles.selected}
            x={box.first * wide}
            width={(box.last - box.first + 1) * wide}
            y={height - (box.high + 1) * tall}
            height={(box.high - box.low + 1) * tall}
          />
        )}
        {ticksOf(rows).map(({ ns, at }) => (
          <path key={ns} className={styles.line} d={`M0 ${height - at * tall}H${width}`} />
        ))}
        {grid.cells.map((cell) => (
          <g key={`${cell.step} ${cell.row}`}>
            <rect
              className={styles.cell}
              x={cell.step * wide}
              y={height - (cell.row + 1) * tall}
              width={Math.max(1, wide - 0.5)}
              height={Math.max(1, tall - 0.5)}
              // Few must still be seen beside many.
              opacity={0.25 + 0.75 * (Math.log1p(cell.spans) / Math.log1p(grid.most))}
            >
              <title>
                {`${formatQuantity(cell.fromNs / 1e9, "seconds")} to ${formatQuantity((cell.fromNs * Math.SQRT2) / 1e9, "seconds")}: ${count(cell.spans, "span")}, ${cell.errors} failed`}
              </title>
            </rect>
            {cell.errors === 0 ? null : (
              <rect
                className={styles.failed}
                x={cell.step * wide}
                y={height - (cell.row + 1) * tall}
                width={Math.max(2, (wide - 0.5) * (cell.errors / cell.spans))}
                height={Math.max(2, Math.min(4, tall / 2))}
              />
            )}
          </g>
        ))}
        {ticksOf(rows).map(({ ns, at }) => (
          <text key={ns} className={styles.tick} x={2} y={height - at * tall - 3}>
            {formatQuantity(ns / 1e9, "seconds")}
          </text>
        ))}
        <path className={styles.floor} d={`M0 ${height - 0.5}H${width}`} />
      </svg>
      <figcaption className={styles.ends}>
        <span>{formatDayAndTime(span.start, zone)}</span>
        <span>
          {formatQuantity(durations.spans)} {durations.spans === 1 ? "span" : "spans"}
          {durations.errors === 0 ? "" : `, ${formatQuantity(durations.errors)} failed`}
        </span>
        <span>{formatTimeOfDay(span.end, zone)}</span>
      </figcaption>
    </figure>
  );
}

function boxOf([a, b]: readonly [Corner, Corner]) {
  return {
    first: Math.min(a.step, b.step),
    last: Math.max(a.step, b.step),
    low: Math.min(a.row, b.row),
    high: Math.max(a.row, b.row),
  };
}
