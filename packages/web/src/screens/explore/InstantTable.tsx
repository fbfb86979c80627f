import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@mantine/core";
import type { InstantResult } from "../../api/prometheus.ts";
import { seriesKey } from "../../charts/series-data.ts";
import { unitOf } from "../../charts/unit-of.ts";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { QueryError } from "../../charts/QueryError.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import table from "../../elements/table.module.css";
import { useTimeRange } from "../../time/use-time-range.ts";
import { formatInstant } from "../../values/instant.ts";
import { count, formatQuantity, type Unit } from "../../values/quantity.ts";
import { instantQuery } from "./queries.ts";

interface TableRow {
  readonly key: string;
  readonly text: string;
}

/** Rows of a table at first; more on request. */
const firstRows = 200;

function rowsOf(answer: InstantResult, unit: Unit): TableRow[] {
  switch (answer.resultType) {
    case "scalar":
      return [{ key: "scalar", text: answer.result[1] }];
    case "string":
      return [{ key: "string", text: answer.result[1] }];
    case "vector":
      return answer.result.map(({ metric, value: [, text] }) => ({
        key: seriesKey(metric),
        text: readable(text, unit),
      }));
    case "matrix":
      return answer.result.map(({ metric, values }) => ({
        key: seriesKey(metric),
        text: `${values.length} samples, last ${readable(values.at(-1)?.[1] ?? "NaN", unit)}`,
      }));
  }
}

/** The value as sent, and beside it as people say it where that differs. */
function readable(text: string, unit: Unit): string {
  const value = Number(text);
  if (unit === "none" || !Number.isFinite(value)) return text;
  return `${formatQuantity(value, unit)} (${text})`;
}

/** An expression's series and their values at the end of the range. */
export function InstantTable({
  expression,
  at,
}: {
  readonly expression: string;
  readonly at: number;
}) {
  const { zone } = useTimeRange();
  const [shown, setShown] = useState(firstRows);
  const { data, error, refetch } = useQuery(instantQuery(expression, at));
  if (error !== null)
    return <QueryError expression={expression} error={error} retry={() => void refetch()} />;
  if (data === undefined) return <RowsSkeleton rows={8} />;
  const rows = rowsOf(data, unitOf(expression));
  return (
    <section aria-label={`Values of ${expression}`}>
      <SectionHeading
        title={count(rows.length, "series", "series")}
        note={`at ${formatInstant(at, zone)}`}
      />
      {rows.length === 0 ? (
        <EmptyState title="No data at this time">
          <p>The query is well formed, but no series matches it at the end of the range.</p>
        </EmptyState>
      ) : (
        <div className={table.scroll} tabIndex={0} role="region" aria-label="Series and values">
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col">Series</th>
                <th scope="col" className={table.number}>
                  Value
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, shown).map((row) => (
                <tr key={row.key}>
                  <td className={table.code}>{row.key}</td>
                  <td className={table.number}>{row.text}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rows.length > shown ? (
        <Button mt="md" variant="default" onClick={() => setShown(shown * 5)}>
          Show {Math.min(shown * 4, rows.length - shown)} more
        </Button>
      ) : null}
    </section>
  );
}
