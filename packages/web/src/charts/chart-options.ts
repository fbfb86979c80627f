import type uPlot from "uplot";
import { formatDayMonth, formatHourMinute, formatTimeOfDay, type Zone } from "../values/instant.ts";
import { formatQuantity, type Unit } from "../values/quantity.ts";
import type { Palette } from "./palette.ts";
import type { ChartBand, ChartMark, ChartThreshold } from "./marks.ts";

const font = '11px "Inter Variable", system-ui, sans-serif';

/** Times along the bottom: as much of them as tells them apart. */
export function timeAxis(palette: Palette, zone: () => Zone): uPlot.Axis {
  return {
    stroke: palette.text,
    font,
    size: 28,
    gap: 6,
    space: 72,
    grid: { show: false },
    ticks: { stroke: palette.grid, size: 5, width: 1 },
    values: (_chart, splits, _axis, _space, step) =>
      splits.map((seconds) => {
        const at = seconds * 1000;
        if (step < 60) return formatTimeOfDay(at, zone());
        const time = formatHourMinute(at, zone());
        return step >= 86_400 || (time === "00:00" && step >= 3600)
          ? formatDayMonth(at, zone())
          : time;
      }),
  };
}

export function valueAxis(palette: Palette, unit: () => Unit): uPlot.Axis {
  return {
    stroke: palette.text,
    font,
    gap: 6,
    size: (_chart, values) => 16 + 6.4 * Math.max(3, ...(values ?? []).map((text) => text.length)),
    grid: { stroke: palette.grid, width: 1 },
    ticks: { show: false },
    values: (_chart, splits) => splits.map((value) => formatQuantity(value, unit())),
    space: 38,
  };
}

/** From zero unless something is below it, with the threshold in sight and a little air above. */
export function valueRange(
  low: number | null,
  high: number | null,
  threshold: number | undefined,
): [number, number] {
  const most = Math.max(high ?? 0, threshold ?? 0);
  const least = Math.min(0, low ?? 0, threshold ?? 0);
  if (most === least) return [least, least + 1];
  const air = (most - least) * 0.08;
  return [least === 0 ? 0 : least - air, most === 0 ? 0 : most + air];
}

/** Paints the threshold behind the lines: the side that fires is tinted. */
export function paintThreshold(chart: uPlot, threshold: ChartThreshold, palette: Palette): void {
  const { ctx } = chart;
  const { left, top, width, height } = chart.bbox;
  const y = chart.valToPos(threshold.value, "y", true);
  if (y < top - 1 || y > top + height + 1) return;
  ctx.save();
  ctx.globalAlpha = 0.4;
  ctx.fillStyle = palette.thresholdSoft;
  if (threshold.fires === "above") ctx.fillRect(left, top, width, y - top);
  if (threshold.fires === "below") ctx.fillRect(left, y, width, top + height - y);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = palette.threshold;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(left, y);
  ctx.lineTo(left + width, y);
  ctx.stroke();
  ctx.restore();
}

/** Paints the times in which something fired behind the lines, with a bar along the bottom. */
export function paintBands(chart: uPlot, bands: readonly ChartBand[], palette: Palette): void {
  const { ctx } = chart;
  const { left, top, width, height } = chart.bbox;
  const bar = 4 * devicePixelRatio;
  const clamp = (x: number) => Math.min(left + width, Math.max(left, x));
  ctx.save();
  for (const { from, to } of bands) {
    const begin = clamp(chart.valToPos(from / 1000, "x", true));
    const end = Number.isFinite(to) ? clamp(chart.valToPos(to / 1000, "x", true)) : left + width;
    if (end < begin || end === left || begin === left + width) continue;
    // What lasted less than a few pixels is seen still.
    const wide = Math.max(3 * devicePixelRatio, end - begin);
    ctx.globalAlpha = 0.55;
    ctx.fillStyle = palette.band;
    ctx.fillRect(begin, top, wide, height);
    ctx.globalAlpha = 1;
    ctx.fillStyle = palette.threshold;
    ctx.fillRect(begin, top + height - bar, wide, bar);
  }
  ctx.restore();
}

/** Writes the threshold's words and paints the marks, above the lines. */
export function paintMarks(
  chart: uPlot,
  threshold: ChartThreshold | undefined,
  marks: readonly ChartMark[],
  palette: Palette,
): void {
  const { ctx } = chart;
  const { left, top, width, height } = chart.bbox;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `500 ${11 * ratio}px "Inter Variable", system-ui, sans-serif`;
  if (threshold !== undefined) {
    const y = chart.valToPos(threshold.value, "y", true);
    const below = y - top < 16 * ratio;
    ctx.fillStyle = palette.threshold;
    ctx.textAlign = "left";
    ctx.textBaseline = below ? "top" : "bottom";
    ctx.fillText(threshold.label, left + 6 * ratio, y + (below ? 4 : -3) * ratio);
  }
  let takenUntil = -Infinity;
  for (const mark of [...marks].sort((a, b) => a.at - b.at)) {
    const x = chart.valToPos(mark.at / 1000, "x", true);
    if (x < left || x > left + width) continue;
    ctx.strokeStyle = palette.mark;
    ctx.lineWidth = ratio;
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + height);
    ctx.stroke();
    const wide = ctx.measureText(mark.label).width;
    const toLeft = x + wide + 8 * ratio > left + width;
    const from = toLeft ? x - wide - 4 * ratio : x + 4 * ratio;
    if (from < takenUntil) continue;
    takenUntil = from + wide + 6 * ratio;
    ctx.fillStyle = palette.text;
    ctx.textAlign = "left";
    ctx.textBaseline = "bottom";
    ctx.fillText(mark.label, from, top - 2 * ratio);
  }
  ctx.restore();
}
