import type { RulePreview } from "@seaworthy/contract";
import { SegmentedControl, Skeleton } from "@mantine/core";
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
import { WhoIsTold } from "../alerts/WhoIsTold.tsx";
import { remarkOf, verdictOf } from "./preview-words.ts";
import { previewSpans, spanInUrl } from "./preview-span.ts";
import { previewQuery } from "./queries.ts";
import { alertLabels, type RuleDraft } from "./rule-draft.ts";
import styles from "./Rules.module.css";
import { useAddress } from "../../app/use-address.ts";

/** As many firings as are listed. */
const mostListed = 10;

/** What a rule would have done lately: in a sentence, as a graph, one by one. */
export function Preview({ draft }: { readonly draft: RuleDraft }) {
  const { expression, hold, keep, type, language } = draft;
  const holdSeconds = readDuration(hold);
  const keepSeconds = readDuration(keep);
  const isAlert = type === "alerting";
  const [params, setParams] = useAddress();
  const past = spanInUrl(params);
  const { range, isChosen } = useTimeRange();
  const lately = useMemo(() => ({ from: `now-${past.value}`, to: "now" }), [past]);
  const { span, step } = useMovingSpan(isChosen ? range : lately);
  const { data, error, refetch, isPlaceholderData } = useQuery({
    ...previewQuery(expression, holdSeconds ?? 0, keepSeconds ?? 0, past.days, language),
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
          Then this page shows what it measures, and when the rule would have fired during the last
          days: before it wakes anybody.
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
      <div className={styles.past}>
        <SegmentedControl
          size="sm"
          aria-label="Try it on the last"
          data={previewSpans.map(({ value, label }) => ({ value, label }))}
          value={past.value}
          onChange={(value) => setParams({ past: value })}
        />
      </div>
      {!isAlert ? null : data === undefined ? (
        <Skeleton height={54} radius={6} mb={14} />
      ) : (
        <div className={styles.verdict} role="status">
          <p className={styles.sentence}>{verdictOf(data, past.words)}</p>
          <p className={styles.remark}>{remarkOf(data, hold)}</p>
        </div>
      )}
      <AlertGraph
        expression={expression}
        language={language}
        span={span}
        step={step}
        bands={bands}
        height={300}
      />
      {data === undefined || data.firings.length === 0 ? null : <Firings preview={data} />}
      {isAlert && data !== undefined ? <WouldBeTold draft={draft} preview={data} /> : null}
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

/** Who would have been told of the last firing or, where there is none, of an alert with the rule's own labels. */
function WouldBeTold({
  draft,
  preview,
}: {
  readonly draft: RuleDraft;
  readonly preview: RulePreview;
}) {
  const labels = useMemo(
    () => alertLabels(draft, preview.firings.at(-1)?.labels ?? {}),
    [draft, preview],
  );
  return <WhoIsTold labels={labels} title="Who would be told" />;
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
