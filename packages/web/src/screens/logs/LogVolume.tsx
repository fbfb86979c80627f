import { Skeleton } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import { absoluteRange, stepFor, type Span } from "../../time/time-range.ts";
import { useTimeRange } from "../../time/use-time-range.ts";
import { formatDayAndTime, formatTimeOfDay } from "../../values/instant.ts";
import { alignSpan } from "../../charts/series-data.ts";
import { count } from "../../values/quantity.ts";
import { levels } from "./level.ts";
import styles from "./Logs.module.css";
import { volumeOf } from "./queries.ts";
import { bucketsOf, type Bucket } from "./volume.ts";

const height = 72;

/** How many lines came when, by level, worst at the bottom. Dragging zooms; a bar alone does, too. */
export function LogVolume({ query, span }: { readonly query: string; readonly span: Span }) {
  const step = stepFor(span, 90);
  const aligned = useMemo(() => alignSpan(span, step), [span, step]);
  const { data, error } = useQuery(volumeOf(query, aligned, step));
  const buckets = useMemo(
    () => (data === undefined ? null : bucketsOf(data, aligned, step)),
    [data, aligned, step],
  );
  // The lines tell what is wrong with the query.
  if (error !== null) return null;
  if (buckets === null) return <Skeleton height={height + 20} radius={6} />;
  return <Bars buckets={buckets} />;
}

function Bars({ buckets }: { readonly buckets: readonly Bucket[] }) {
  const { ref, width } = useElementSize();
  const { zone, setRange } = useTimeRange();
  const [drag, setDrag] = useState<readonly [number, number] | null>(null);
  const svg = useRef<SVGSVGElement>(null);
  const most = Math.max(1, ...buckets.map(({ total }) => total));
  const wide = width / Math.max(1, buckets.length);
  const sum = buckets.reduce((all, { total }) => all + total, 0);
  const bad = buckets.reduce((all, { counts }) => all + counts.error, 0);
  const placeOf = (clientX: number) => {
    const left = svg.current?.getBoundingClientRect().left ?? 0;
    return Math.min(buckets.length - 1, Math.max(0, Math.floor((clientX - left) / wide)));
  };
  const zoom = ([a, b]: readonly [number, number]) => {
    const first = buckets[Math.min(a, b)];
    const last = buckets[Math.max(a, b)];
    if (first !== undefined && last !== undefined) setRange(absoluteRange(first.start, last.end));
  };
  const edge = buckets[0];
  const end = buckets.at(-1);
  return (
    <figure ref={ref} className={styles.volume}>
      <svg
        ref={svg}
        width={width}
        height={height}
        role="img"
        aria-label={`${count(sum, "line")}, ${bad} of them errors`}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          const place = placeOf(event.clientX);
          setDrag([place, place]);
        }}
        onPointerMove={(event) => {
          if (drag !== null) setDrag([drag[0], placeOf(event.clientX)]);
        }}
        onPointerUp={() => {
          if (drag !== null) zoom(drag);
          setDrag(null);
        }}
        onPointerCancel={() => setDrag(null)}
      >
        {drag === null ? null : (
          <rect
            className={styles.selected}
            x={Math.min(...drag) * wide}
            width={(Math.abs(drag[1] - drag[0]) + 1) * wide}
            y={0}
            height={height}
          />
        )}
        {buckets.map((bucket, index) => (
          <Bar key={bucket.start} bucket={bucket} x={index * wide} wide={wide} most={most} />
        ))}
        <path className={styles.floor} d={`M0 ${height - 0.5}H${width}`} />
      </svg>
      <figcaption className={styles.ends}>
        <span>{edge === undefined ? "" : formatDayAndTime(edge.start, zone)}</span>
        <span>
          {count(sum, "line")}
          {bad === 0 ? "" : `, ${count(bad, "error")}`}
        </span>
        <span>{end === undefined ? "" : formatTimeOfDay(end.end, zone)}</span>
      </figcaption>
    </figure>
  );
}

interface BarProps {
  readonly bucket: Bucket;
  readonly x: number;
  readonly wide: number;
  readonly most: number;
}

function Bar({ bucket, x, wide, most }: BarProps) {
  const { zone } = useTimeRange();
  const tall = (amount: number) => (amount / most) * (height - 4);
  return (
    <g>
      <rect x={x} y={0} width={wide} height={height} fill="transparent">
        <title>
          {`${formatTimeOfDay(bucket.start, zone)} to ${formatTimeOfDay(bucket.end, zone)}: ${levels
            .filter((level) => bucket.counts[level] > 0)
            .map((level) => `${bucket.counts[level]} ${level}`)
            .join(", ")}`}
        </title>
      </rect>
      {levels.map((level, index) =>
        bucket.counts[level] === 0 ? null : (
          <rect
            key={level}
            className={styles.bar}
            data-level={level}
            x={x}
            y={
              height -
              levels.slice(0, index + 1).reduce((sum, each) => sum + tall(bucket.counts[each]), 0)
            }
            width={Math.max(1, wide - 1)}
            height={tall(bucket.counts[level])}
          />
        ),
      )}
    </g>
  );
}
