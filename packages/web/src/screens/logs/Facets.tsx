import { useMemo } from "react";
import type { LogLine } from "../../api/loki.ts";
import styles from "./Logs.module.css";

interface FacetsProps {
  readonly lines: readonly LogLine[];
  readonly pick: (name: string, value: string) => void;
}

interface Facet {
  readonly name: string;
  readonly values: readonly (readonly [string, number])[];
}

/** Values shown of a label. */
const mostValues = 6;

/** The labels of the lines that are shown, with how many lines each value has. */
export function Facets({ lines, pick }: FacetsProps) {
  const facets = useMemo(() => facetsOf(lines), [lines]);
  return (
    <aside className={styles.facets} aria-label="Labels of these lines">
      {facets.map(({ name, values }) => (
        <section key={name}>
          <h2 className={styles.facet}>{name}</h2>
          <ul>
            {values.map(([value, amount]) => (
              <li key={value}>
                <button
                  type="button"
                  className={styles.value}
                  title={`Show only ${name}=${value}`}
                  onClick={() => pick(name, value)}
                >
                  <span>{value}</span>
                  <span className={styles.amount}>{amount}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </aside>
  );
}

function levelName(fields: LogLine["fields"]): string {
  return fields["detected_level"] ?? "unknown";
}

function facetsOf(lines: readonly LogLine[]): readonly Facet[] {
  const counts = new Map<string, Map<string, number>>();
  for (const { stream, fields } of lines)
    for (const [name, value] of Object.entries({ ...stream, detected_level: levelName(fields) })) {
      const values = counts.get(name) ?? new Map<string, number>();
      counts.set(name, values.set(value, (values.get(value) ?? 0) + 1));
    }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, values]) => ({
      name,
      values: [...values].sort((a, b) => b[1] - a[1]).slice(0, mostValues),
    }));
}
