import { ActionIcon, Tooltip } from "@mantine/core";
import { IconZoomIn, IconZoomOut } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { LogPattern } from "../../api/loki.ts";
import { alignSpan } from "../../charts/series-data.ts";
import { Sparkline } from "../../charts/Sparkline.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import table from "../../elements/table.module.css";
import { stepFor, type Span } from "../../time/time-range.ts";
import { formatQuantity } from "../../values/quantity.ts";
import { levelOf } from "./level.ts";
import styles from "./Logs.module.css";
import { patternsQuery } from "./queries.ts";

/** Steps of the small graph beside each pattern. */
const steps = 48;

interface PatternsProps {
  readonly query: string;
  readonly span: Span;
  /** Narrows the query to lines of a shape, or to all others. */
  readonly narrow: (pattern: string, has: boolean) => void;
}

/** The shapes that most of the lines have: what a million lines say, on one screen. */
export function Patterns({ query, span, narrow }: PatternsProps) {
  const step = stepFor(span, steps);
  const aligned = useMemo(() => alignSpan(span, step), [span, step]);
  const { data, error, refetch } = useQuery(patternsQuery(query, aligned, step));
  if (error !== null) return <ErrorState error={error} retry={() => void refetch()} />;
  if (data === undefined) return <RowsSkeleton rows={12} height={36} />;
  if (data.patterns.length === 0)
    return (
      <EmptyState title="No line matches in this range">
        <p>The query is well formed. Try a longer range, or take a condition away.</p>
      </EmptyState>
    );
  const counted = data.patterns
    .map((pattern) => ({ pattern, count: countOf(pattern) }))
    .sort((a, b) => b.count - a.count);
  const total = counted.reduce((sum, { count }) => sum + count, 0);
  return (
    <table className={`${table.table} ${styles.patterns}`}>
      <caption className={styles.caption}>
        {counted.length} patterns
        {data.oneOf > 1 ? `, found in one of ${data.oneOf} lines` : ""}
      </caption>
      <thead>
        <tr>
          <th scope="col" className={table.number}>
            Lines
          </th>
          <th scope="col" className={table.number}>
            Share
          </th>
          <th scope="col" className={styles.course}>
            Over time
          </th>
          <th scope="col">Pattern</th>
          <th scope="col">
            <span className={styles.unseen}>Narrow to it</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {counted.map(({ pattern, count }) => (
          <tr key={`${pattern.level} ${pattern.pattern}`} data-level={levelOf(pattern.level)}>
            <td className={table.number}>{formatQuantity(count, "none")}</td>
            <td className={table.number}>{formatQuantity(count / total, "share")}</td>
            <td className={styles.course}>
              <Sparkline
                values={courseOf(pattern, aligned, step)}
                tone={levelOf(pattern.level) === "error" ? "firing" : "plain"}
              />
            </td>
            <td className={table.code}>
              <span className={styles.shape}>{pattern.pattern}</span>
            </td>
            <td className={styles.narrow}>
              <Narrow label="Only lines of this pattern" go={() => narrow(pattern.pattern, true)}>
                <IconZoomIn size={15} stroke={1.7} aria-hidden />
              </Narrow>
              <Narrow label="Without this pattern" go={() => narrow(pattern.pattern, false)}>
                <IconZoomOut size={15} stroke={1.7} aria-hidden />
              </Narrow>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface NarrowProps {
  readonly label: string;
  readonly go: () => void;
  readonly children: React.ReactNode;
}

function Narrow({ label, go, children }: NarrowProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" size={24} aria-label={label} onClick={go}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

function countOf({ samples }: LogPattern): number {
  return samples.reduce((sum, [, lines]) => sum + lines, 0);
}

/** Lines of each step of the span. */
function courseOf({ samples }: LogPattern, span: Span, step: number): number[] {
  const size = Math.max(1, Math.round((span.end - span.start) / 1000 / step));
  const course = Array.from({ length: size }, () => 0);
  for (const [at, lines] of samples) {
    const slot = Math.min(size - 1, Math.max(0, Math.floor((at - span.start / 1000) / step)));
    course[slot] = (course[slot] ?? 0) + lines;
  }
  return course;
}
