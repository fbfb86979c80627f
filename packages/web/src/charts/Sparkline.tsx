import styles from "./Sparkline.module.css";

interface SparklineProps {
  /** Oldest first, evenly spaced; null is a gap. */
  readonly values: readonly (number | null)[];
  /** The value that the full height stands for, unless one is greater. */
  readonly atLeast?: number;
  readonly width?: number;
  readonly height?: number;
  readonly tone?: "plain" | "firing";
}

/** A line without axes, from zero, beside the number that it led to. */
export function Sparkline({
  values,
  atLeast = 0,
  width = 96,
  height = 24,
  tone = "plain",
}: SparklineProps) {
  const most = Math.max(...values.map((value) => value ?? 0), atLeast);
  const last = values.length - 1;
  const paths = runs(values).map((run) => {
    const path = run
      .map(([index, value], i) => {
        const x = 1 + (index / Math.max(1, last)) * (width - 2);
        const y = height - 2 - (most === 0 ? 0 : (value / most) * (height - 4));
        return `${i === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
      })
      .join("");
    // A point alone is a dot: its round ends make it visible.
    return run.length === 1 ? `${path}h0.01` : path;
  });
  return (
    <svg
      className={styles.spark}
      data-tone={tone}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden
      focusable="false"
    >
      <path className={styles.floor} d={`M0 ${height - 1.5}H${width}`} />
      {paths.map((path) => (
        <path key={path.slice(0, 12)} className={styles.line} d={path} />
      ))}
    </svg>
  );
}

/** The stretches without a gap. */
function runs(values: readonly (number | null)[]): [number, number][][] {
  const found: [number, number][][] = [];
  let current: [number, number][] = [];
  for (const [index, value] of values.entries()) {
    if (value !== null) {
      current.push([index, value]);
      continue;
    }
    if (current.length > 0) found.push(current);
    current = [];
  }
  if (current.length > 0) found.push(current);
  return found;
}
