import { formatInstant, type Zone } from "../values/instant.ts";
import { formatQuantity, type Unit } from "../values/quantity.ts";
import styles from "./ChartTooltip.module.css";
import { lineColour } from "./palette.ts";
import type { Line } from "./series-data.ts";

/** Where the crosshair stands: the point's index and the pixels within the chart. */
export interface TooltipPlace {
  readonly index: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

interface ChartTooltipProps {
  readonly place: TooltipPlace;
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly colours: ReadonlyMap<string, number>;
  readonly unit: Unit;
  readonly zone: Zone;
}

const most = 8;

/** What the lines are worth at the crosshair, largest first. */
export function ChartTooltip({ place, times, lines, colours, unit, zone }: ChartTooltipProps) {
  const at = times[place.index];
  if (at === undefined) return null;
  const known = lines
    .map((line) => ({ line, value: line.values[place.index] ?? null }))
    .filter((row): row is { line: Line; value: number } => row.value !== null)
    .sort((a, b) => b.value - a.value);
  const onRight = place.x > place.width / 2;
  return (
    <div
      className={styles.tooltip}
      aria-hidden
      style={{
        top: 20,
        ...(onRight ? { right: place.width - place.x + 12 } : { left: place.x + 12 }),
      }}
    >
      <div className={styles.time}>{formatInstant(at * 1000, zone)}</div>
      {known.slice(0, most).map(({ line, value }) => (
        <div key={line.key} className={styles.row}>
          <span
            className={styles.swatch}
            style={{ background: lineColour(colours.get(line.key) ?? 99) }}
          />
          <span className={styles.name}>{line.name}</span>
          <span className={styles.value}>{formatQuantity(value, unit)}</span>
        </div>
      ))}
      {known.length > most ? (
        <div className={styles.time}>and {known.length - most} more</div>
      ) : null}
      {known.length === 0 ? <div className={styles.time}>No data here</div> : null}
    </div>
  );
}
