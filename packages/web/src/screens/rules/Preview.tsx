import type { RulePreview } from "@seaworthy/contract";
import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { ApiError } from "../../api/call.ts";
import { AlertGraph } from "../../charts/AlertGraph.tsx";
import { QueryError } from "../../charts/QueryError.tsx";
import { useMovingSpan } from "../../charts/use-moving-span.ts";
import { Ago } from "../../elements/Ago.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { LabelList } from "../../elements/LabelList.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import { useTimeRange } from "../../time/use-time-range.ts";
import { readDuration } from "../../values/duration.ts";
import { formatQuantity } from "../../values/quantity.ts";
import { remarkOf, verdictOf } from "./preview-words.ts";
import { previewDays, previewQuery } from "./queries.ts";
import type { RuleDraft } from "./rule-draft.ts";
import styles from "./Rules.module.css";

/** As many firings as are listed. */
const mostListed = 10;
const lately = { from: `now-${previewDays}d`, to: "now" };

/** What a rule would have done during the last days: in a sentence, as a graph, one by one. */
export function Preview({ draft }: { readonly draft: RuleDraft }) {
  const { expression, hold, keep, type } = draft;
  const holdSeconds = readDuration(hold);
  const keepSeconds = readDuration(keep);
  const isAlert = type === "alerting";
  const { range, isChosen } = useTimeRange();
  const { span, step } = useMovingSpan(isChosen ? range : lately);
  const { data, error, refetch, isPlaceholderData } = useQuery({
    ...previewQuery(expression, holdSeconds ?? 0, keepSeconds ?? 0),
    enabled: isAlert && expression !== "" && holdSeconds !== null && keepSeconds !== null,
  });
  const bands = useMemo(
    () =>
      (data?.firings ?? []).map(({ from, to }) => ({
        from: Date.parse(from),
        to: to === null ? Infinity : Date.parse(to),
      })),
    [data],
  );
  if (expression === "")
    return (
      <EmptyState title="Write an expression">
        <p>
          Then this page shows what it measures, and when the rule would have fired during the last{" "}
          {previewDays} days: before it wakes anybody.
        </p>
      </EmptyState>
    );
  if (error !== null)
    return (
      <QueryError
        expression={expression}
        error={asQueryError(error)}
        retry={() => void refetch()}
      />
    );
  return (
    <section aria-label="Preview" aria-busy={isPlaceholderData || undefined}>
      {!isAlert ? null : data === undefined ? (
        <Skeleton height={54} radius={6} mb={14} />
      ) : (
        <div className={styles.verdict} role="status">
          <p className={styles.sentence}>{verdictOf(data, previewDays)}</p>
          <p className={styles.remark}>
            {remarkOf(data, hold) ??
              `Looked at every ${formatQuantity(data.stepSeconds, "seconds")}.`}
          </p>
        </div>
      )}
      <AlertGraph expression={expression} span={span} step={step} bands={bands} height={300} />
      {data === undefined || data.firings.length === 0 ? null : <Firings preview={data} />}
    </section>
  );
}

/** The server names the field before what is wrong with it; the page shows the field itself. */
function asQueryError(error: Error): Error {
  if (!(error instanceof ApiError) || error.code !== "request_invalid") return error;
  return new ApiError({
    status: error.status,
    code: "bad_data",
    title: "The rule cannot be tried",
    detail: error.message.replace(/^body\.expression: /, ""),
  });
}

function Firings({ preview }: { readonly preview: RulePreview }) {
  const newestFirst = [...preview.firings].reverse();
  const more = newestFirst.length - mostListed;
  return (
    <>
      <SectionHeading
        title="When it would have fired"
        {...(preview.truncated ? { note: "the first of very many" } : {})}
      />
      <ul className={styles.firings}>
        {newestFirst.slice(0, mostListed).map(({ labels, from, to, seconds }) => (
          <li key={`${from} ${JSON.stringify(labels)}`} className={styles.firing}>
            <span className={styles.when}>
              <Ago at={from} />
              {to === null ? <StateMark state="firing" word="Still" /> : null}
            </span>
            <span className={styles.lasted}>for {formatQuantity(seconds, "seconds")}</span>
            <LabelList labels={labels} />
          </li>
        ))}
      </ul>
      {more > 0 ? <p className={styles.more}>and {more} more before</p> : null}
    </>
  );
}
