import { useState } from "react";
import table from "../elements/table.module.css";
import { formatQuantity, type Unit } from "../values/quantity.ts";
import styles from "./Legend.module.css";
import { lineColour } from "./palette.ts";
import { seriesKey, topLines, type Line } from "./series-data.ts";

interface LegendProps {
  /** Largest first. */
  readonly lines: readonly Line[];
  readonly unit: Unit;
  readonly only: string | null;
  /** Isolates a line, or with null shows all again. */
  readonly onOnly: (key: string | null) => void;
}

/** The lines as a table: what they were last, on average and at most. A click isolates one. */
export function Legend({ lines, unit, only, onOnly }: LegendProps) {
  const [showsRest, setShowsRest] = useState(false);
  const rest = lines.length - topLines;
  const shown = showsRest ? lines : lines.slice(0, topLines);
  return (
    <div className={table.scroll}>
      <table className={`${table.table} ${styles.legend}`}>
        <thead>
          <tr>
            <th scope="col">Series</th>
            <th scope="col" className={table.number}>
              Last
            </th>
            <th scope="col" className={table.number}>
              Mean
            </th>
            <th scope="col" className={table.number}>
              Max
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((line, place) => (
            <tr key={line.key} data-off={(only !== null && only !== line.key) || undefined}>
              <td>
                <button
                  type="button"
                  className={styles.series}
                  aria-pressed={only === line.key}
                  title={seriesKey(line.labels)}
                  onClick={() => onOnly(only === line.key ? null : line.key)}
                >
                  <span
                    className={styles.swatch}
                    style={{ background: lineColour(place) }}
                    aria-hidden
                  />
                  <span className={styles.name}>{line.name}</span>
                </button>
              </td>
              <td className={table.number}>{formatQuantity(line.last, unit)}</td>
              <td className={table.number}>{formatQuantity(line.mean, unit)}</td>
              <td className={table.number}>{formatQuantity(line.max, unit)}</td>
            </tr>
          ))}
          {rest > 0 ? (
            <tr>
              <td colSpan={4}>
                <button
                  type="button"
                  className={styles.series}
                  onClick={() => setShowsRest(!showsRest)}
                >
                  <span
                    className={styles.swatch}
                    style={{ background: "var(--series-rest)" }}
                    aria-hidden
                  />
                  {showsRest
                    ? "Show the top 8 only"
                    : `The rest: ${rest} more series, drawn in grey`}
                </button>
              </td>
            </tr>
          ) : null}
        </tbody>
      </table>
    </div>
  );
}
