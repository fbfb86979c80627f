import styles from "./Figures.module.css";

interface MonthBarsProps {
  readonly title: string;
  readonly bars: readonly {
    /** `2026-03`. */
    readonly month: string;
    /** Null where there is nothing to show. */
    readonly value: number | null;
    /** The value for people. */
    readonly text: string;
  }[];
}

/** A figure month by month, from zero. */
export function MonthBars({ title, bars }: MonthBarsProps) {
  const most = Math.max(1, ...bars.map(({ value }) => value ?? 0));
  return (
    <figure className={styles.chart}>
      <figcaption>{title}</figcaption>
      <ol className={styles.bars}>
        {bars.map(({ month, value, text }) => (
          <li key={month} title={`${month}: ${text}`}>
            <span className={styles.value}>{text.replace(/ incidents?$/, "")}</span>
            <span
              className={styles.bar}
              style={{ blockSize: `${Math.round((72 * (value ?? 0)) / most)}px` }}
            />
            <span className={styles.month}>{month.slice(5)}</span>
          </li>
        ))}
      </ol>
    </figure>
  );
}
