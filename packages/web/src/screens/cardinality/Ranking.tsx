import type { ReactNode } from "react";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import table from "../../elements/table.module.css";
import { useRowKeys } from "../../elements/use-row-keys.ts";
import styles from "./Cardinality.module.css";

/** One line of a ranking. */
export interface Ranked {
  readonly key: string;
  readonly name: ReactNode;
  /** Where it leads. */
  readonly to: string;
  readonly does: string;
  readonly value: number;
  /** Further figures, each under its column. */
  readonly figures?: readonly string[];
}

interface RankingProps {
  readonly title: string;
  readonly note: string;
  /** The names of the columns: of the name, the value, and further figures. */
  readonly columns: readonly [string, string, ...string[]];
  readonly rows: readonly Ranked[];
  /** What a whole bar is. */
  readonly whole: number;
}

const figure = (value: number) => value.toLocaleString("en");

/** A list that begins with the largest, with bars. */
export function Ranking({ title, note, columns, rows, whole }: RankingProps) {
  const list = useRowKeys<HTMLTableSectionElement>();
  const [nameColumn, valueColumn, ...others] = columns;
  if (rows.length === 0) return null;
  return (
    <section aria-label={title} className={styles.ranking}>
      <SectionHeading title={title} note={note} />
      <table className={`${table.table} ${styles.ranked}`}>
        <thead>
          <tr>
            <th scope="col">{nameColumn}</th>
            {others.map((other) => (
              <th key={other} scope="col" className={table.number}>
                {other}
              </th>
            ))}
            <th scope="col" className={table.number}>
              {valueColumn}
            </th>
          </tr>
        </thead>
        <tbody ref={list}>
          {rows.map((row) => (
            <tr key={row.key}>
              <td className={styles.name}>
                <ScreenLink data-row to={row.to} title={row.does} className={styles.link}>
                  {row.name}
                </ScreenLink>
                <span className={styles.bar} aria-hidden>
                  <i
                    style={{ width: `${Math.min(100, (100 * row.value) / Math.max(1, whole))}%` }}
                  />
                </span>
              </td>
              {(row.figures ?? []).map((text, place) => (
                <td key={others[place]} className={`${table.number} ${table.muted}`}>
                  {text}
                </td>
              ))}
              <td className={table.number}>{figure(row.value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
