import { useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Span } from "../time/time-range.ts";
import type { Zone } from "../values/instant.ts";
import type { Unit } from "../values/quantity.ts";
import {
  paintBands,
  paintMarks,
  paintThreshold,
  timeAxis,
  valueAxis,
  valueRange,
} from "./chart-options.ts";
import { ChartTooltip, type TooltipPlace } from "./ChartTooltip.tsx";
import type { ChartBand, ChartMark, ChartThreshold } from "./marks.ts";
import { ExemplarDots } from "./ExemplarDots.tsx";
import type { ChartExemplar } from "./exemplars.ts";
import { readPalette } from "./palette.ts";
import styles from "./SeriesChart.module.css";
import { topLines, type Line, type LineSet } from "./series-data.ts";

export interface SeriesChartProps {
  readonly data: LineSet;
  readonly span: Span;
  readonly unit: Unit;
  readonly zone: Zone;
  readonly height: number;
  /** What the chart shows, for those who do not see it. */
  readonly label: string;
  /** The key of the only line to show in full. */
  readonly only?: string | null | undefined;
  readonly threshold?: ChartThreshold | undefined;
  readonly marks?: readonly ChartMark[] | undefined;
  readonly bands?: readonly ChartBand[] | undefined;
  readonly exemplars?: readonly ChartExemplar[] | undefined;
  readonly onZoom?: ((start: number, end: number) => void) | undefined;
}

const noMarks: readonly ChartMark[] = [];
const noBands: readonly ChartBand[] = [];
const noExemplars: readonly ChartExemplar[] = [];

function shownLines(lines: readonly Line[], only: string | null | undefined): readonly Line[] {
  return only === null || only === undefined ? lines : lines.filter((line) => line.key === only);
}

/** Lines over time. Gaps are gaps, the crosshair is shared by the page, dragging zooms. */
export default function SeriesChart({
  data,
  span,
  unit,
  zone,
  height,
  label,
  only,
  threshold,
  marks = noMarks,
  bands = noBands,
  exemplars = noExemplars,
  onZoom,
}: SeriesChartProps) {
  const { ref: sizer, width } = useElementSize();
  const scheme = useComputedColorScheme("light");
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const [place, setPlace] = useState<TooltipPlace | null>(null);
  const [frame, setFrame] = useState({ left: 0, width: 0 });

  const drawn = useMemo(() => shownLines(data.lines, only), [data.lines, only]);
  const colours = useMemo(
    () => new Map(data.lines.map((line, index) => [line.key, index] as const)),
    [data.lines],
  );
  // What the chart is made for; when only the points change, it is kept and given the new ones.
  const shape = drawn.map((line) => `${colours.get(line.key)}`).join(",");
  const columns = useMemo(
    () => [data.times, ...drawn.map((line) => line.values)] as unknown as uPlot.AlignedData,
    [data.times, drawn],
  );
  const shown = useMemo(
    () => ({ columns, span, unit, zone, threshold, marks, bands }),
    [columns, span, unit, zone, threshold, marks, bands],
  );
  // uPlot asks back for these while it draws, long after it was made.
  const latest = useRef(shown);
  const zoom = useEffectEvent((start: number, end: number) => onZoom?.(start, end));

  useEffect(() => {
    const node = host.current;
    if (node === null || width === 0) return undefined;
    const palette = readPalette(scheme);
    const places = shape === "" ? [] : shape.split(",").map(Number);
    const made = new uPlot(
      {
        width,
        height,
        padding: [18, 22, 0, 0],
        legend: { show: false },
        cursor: {
          sync: { key: "page" },
          points: { size: 7, width: 2 },
          drag: { setScale: false, x: true, y: false },
          y: false,
        },
        scales: {
          x: {
            time: true,
            range: () => [latest.current.span.start / 1000, latest.current.span.end / 1000],
          },
          y: {
            range: (_self, low, high) => valueRange(low, high, latest.current.threshold?.value),
          },
        },
        axes: [
          timeAxis(palette, () => latest.current.zone),
          valueAxis(palette, () => latest.current.unit),
        ],
        series: [
          {},
          ...places.map((index) => ({
            stroke: palette.lines[index] ?? palette.rest,
            width: index < topLines ? 1.6 : 1,
            points: { show: false },
            spanGaps: false,
            ...(places.length === 1 && index < topLines
              ? { fill: `${palette.lines[index]}14` }
              : {}),
          })),
        ],
        hooks: {
          drawClear: [
            (self) => {
              const { threshold, bands } = latest.current;
              paintBands(self, bands, palette);
              if (threshold !== undefined) paintThreshold(self, threshold, palette);
            },
          ],
          draw: [
            (self) => paintMarks(self, latest.current.threshold, latest.current.marks, palette),
            (self) => {
              const left = self.bbox.left / devicePixelRatio;
              const wide = self.bbox.width / devicePixelRatio;
              setFrame((old) =>
                old.left === left && old.width === wide ? old : { left, width: wide },
              );
            },
          ],
          setSelect: [
            (self) => {
              const { left, width: wide } = self.select;
              if (wide < 6) return;
              zoom(self.posToVal(left, "x") * 1000, self.posToVal(left + wide, "x") * 1000);
              self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
          setCursor: [
            (self) => {
              const { idx, left = -1, top = -1 } = self.cursor;
              setPlace(
                idx === null || idx === undefined || left < 0
                  ? null
                  : {
                      index: idx,
                      x: left + self.bbox.left / devicePixelRatio,
                      y: top,
                      width: self.width,
                    },
              );
            },
          ],
        },
      },
      latest.current.columns,
      node,
    );
    chart.current = made;
    return () => {
      made.destroy();
      chart.current = null;
    };
  }, [shape, width, height, scheme]);

  useLayoutEffect(() => {
    latest.current = shown;
    chart.current?.setData(shown.columns);
  }, [shown]);

  return (
    <div ref={sizer} className={styles.chart} style={{ height }}>
      <div ref={host} role="img" aria-label={label} />
      {exemplars.length === 0 || frame.width === 0 ? null : (
        <ExemplarDots exemplars={exemplars} span={span} zone={zone} frame={frame} />
      )}
      {place === null ? null : (
        <ChartTooltip
          place={place}
          times={data.times}
          lines={drawn}
          colours={colours}
          unit={unit}
          zone={zone}
        />
      )}
    </div>
  );
}
