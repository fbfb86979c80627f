import type { RuleTestChart } from "@seaworthy/contract";

const ROWS = 4;
const EIGHTHS = " ▁▂▃▄▅▆▇█";
/** What an alert is, by its number in a chart of states. */
const STATES = ["·", "▒", "█"] as const;

/** Draws a chart as lines: its title, the values from left to right, and the times below. */
export function drawChart(chart: RuleTestChart): string[] {
  const { title, values } = chart;
  if (values.length === 0) return [];
  if (chart.kind === "states") {
    const states = values.map((value) => STATES[value ?? 0] ?? "?").join("");
    return [title, `  ${states}  · inactive ▒ pending █ firing`, `  ${timeAxis(chart)}`];
  }
  // One value is in the difference already.
  return values.length < 2 ? [] : [title, ...drawValues(chart)];
}

function drawValues(chart: RuleTestChart): string[] {
  const numbers = chart.values.filter((value) => value !== null && Number.isFinite(value));
  if (numbers.length === 0) return [];
  const most = Math.max(0, ...(numbers as number[]));
  const least = Math.min(0, ...(numbers as number[]));
  const labels = [shortNumber(most), ...Array<string>(ROWS - 2).fill(""), shortNumber(least)];
  const margin = Math.max(...labels.map((label) => label.length));
  const rows = labels.map((label, row) => {
    const bars = chart.values.map((value) => bar(value, row, least, most)).join("");
    return `  ${label.padStart(margin)} ┤${bars}`;
  });
  return [...rows, `  ${" ".repeat(margin)}  ${timeAxis(chart)}`];
}

/** What stands in one row of a value's column. */
function bar(value: number | null, row: number, least: number, most: number): string {
  if (value === null) return " ";
  if (!Number.isFinite(value)) return row === ROWS - 1 ? "×" : " ";
  const share = most === least ? 0 : (value - least) / (most - least);
  // Even the least value is seen.
  const eighths = Math.max(1, Math.round(share * ROWS * 8));
  const inRow = eighths - (ROWS - 1 - row) * 8;
  return EIGHTHS[Math.min(8, Math.max(0, inRow))] ?? " ";
}

function timeAxis({ start, step, values }: RuleTestChart): string {
  const first = shortTime(start);
  const last = shortTime(start + step * (values.length - 1));
  const gap = values.length - first.length - last.length;
  return values.length === 1 ? first : `${first}${" ".repeat(Math.max(1, gap))}${last}`;
}

/** A time since the test's beginning, or a date where the test has one. */
function shortTime(ms: number): string {
  if (ms > 1000 * 86_400_000) return new Date(ms).toISOString().slice(0, 16).replace("T", " ");
  const seconds = Math.round(ms / 1000);
  if (seconds % 3600 === 0 && seconds > 0) return `${seconds / 3600}h`;
  if (seconds % 60 === 0 && seconds > 0) return `${seconds / 60}m`;
  return `${seconds}s`;
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}
