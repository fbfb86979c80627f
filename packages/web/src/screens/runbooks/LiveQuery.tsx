import type { RuleLanguage } from "@seaworthy/contract";
import { Button, Skeleton } from "@mantine/core";
import { IconChartLine } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { paths } from "../../app/paths.ts";
import { Graph } from "../../charts/Graph.tsx";
import type { ChartMark } from "../../charts/marks.ts";
import { QueryError } from "../../charts/QueryError.tsx";
import { Command } from "../../elements/Command.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { absoluteRange, type Span } from "../../time/time-range.ts";
import { useTimeRange } from "../../time/use-time-range.ts";
import { formatTimeOfDay } from "../../values/instant.ts";
import { languageNames } from "../../values/language.ts";
import { givesLines } from "../logs/log-query.ts";
import { fewLinesQuery } from "./queries.ts";
import styles from "./Runbooks.module.css";

/** Lines of a log query that are shown. */
const fewLines = 8;

interface LiveQueryProps {
  readonly language: RuleLanguage;
  readonly query: string;
  /** Placeholders that nothing was put in for. */
  readonly missing: readonly string[];
  readonly span: Span;
  /** Seconds. */
  readonly step: number;
  readonly marks?: readonly ChartMark[];
}

/** A check of a runbook: its query, and what it answers now. */
export function LiveQuery({ language, query, missing, span, step, marks = [] }: LiveQueryProps) {
  const label = `Query, ${languageNames[language]}`;
  if (missing.length > 0)
    return (
      <div className={styles.check}>
        <Command text={query} label={label} />
        <p className={styles.missing}>
          Not asked: nothing is known for{" "}
          {missing.map((one) => one.replace(/^\.\w+\./, "")).join(", ")}.
        </p>
      </div>
    );
  const isLines = language === "logql" && givesLines(query);
  return (
    <div className={styles.check}>
      <Command text={query} label={label} />
      {isLines ? (
        <Lines query={query} span={span} />
      ) : (
        <Graph
          expressions={[query]}
          language={language}
          span={span}
          step={step}
          height={150}
          marks={marks}
        />
      )}
      <Button
        component={ScreenLink}
        to={
          language === "logql"
            ? paths.logs(query, absoluteRange(span.start, span.end))
            : paths.explore([query], absoluteRange(span.start, span.end))
        }
        size="compact-sm"
        variant="subtle"
        leftSection={<IconChartLine size={15} stroke={1.7} aria-hidden />}
      >
        Explore this query
      </Button>
    </div>
  );
}

function Lines({ query, span }: { readonly query: string; readonly span: Span }) {
  const { zone } = useTimeRange();
  const { data, error, refetch } = useQuery(fewLinesQuery(query, span, fewLines));
  if (error !== null)
    return <QueryError expression={query} error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Skeleton height={72} radius={6} />;
  if (data.length === 0) return <p className={styles.missing}>No line in this range.</p>;
  return (
    <ol className={styles.lines} aria-label="The latest lines">
      {data.map((line) => (
        <li key={line.key}>
          <time>{formatTimeOfDay(Number(line.at.slice(0, -6)), zone)}</time> {line.text}
        </li>
      ))}
    </ol>
  );
}
