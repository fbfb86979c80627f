import { SegmentedControl } from "@mantine/core";
import type { TraceSummary } from "@seaworthy/contract";
import { useMemo } from "react";
import { paths } from "../../app/paths.ts";
import { Ago } from "../../elements/Ago.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { StateShape } from "../../elements/StateMark.tsx";
import { useRowKeys } from "../../elements/use-row-keys.ts";
import { count, formatQuantity } from "../../values/quantity.ts";
import styles from "./Traces.module.css";
import { useAddress } from "../../app/use-address.ts";

interface TraceListProps {
  readonly traces: readonly TraceSummary[];
  /** Whether there may be older ones. */
  readonly more: boolean;
}

/** The traces that were found; their bars compare their durations. */
export function TraceList({ traces, more }: TraceListProps) {
  const [params, setParams] = useAddress();
  const isByDuration = params.get("sort") === "duration";
  const list = useRowKeys<HTMLOListElement>();
  const sorted = useMemo(
    () => (isByDuration ? traces.toSorted((a, b) => b.durationNs - a.durationNs) : traces),
    [traces, isByDuration],
  );
  const longest = Math.max(1, ...traces.map(({ durationNs }) => durationNs));
  return (
    <section aria-label="Found traces">
      <SectionHeading
        title={more ? `The newest ${traces.length} traces` : count(traces.length, "trace")}
      >
        <SegmentedControl
          size="xs"
          aria-label="Sort by"
          data={[
            { value: "time", label: "Newest" },
            { value: "duration", label: "Longest" },
          ]}
          value={isByDuration ? "duration" : "time"}
          onChange={(value) => setParams({ sort: value === "duration" ? value : null })}
        />
      </SectionHeading>
      <ol ref={list} className={styles.list}>
        {sorted.map((trace) => (
          <li key={trace.traceId}>
            <Row trace={trace} longest={longest} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Row({ trace, longest }: { readonly trace: TraceSummary; readonly longest: number }) {
  const [first] = trace.found;
  const isPart = trace.matched < trace.spans && first !== undefined;
  const rest = trace.services.length - 1;
  return (
    <ScreenLink
      data-row
      className={styles.row}
      // Where a part of the trace is what was looked for, it is opened there.
      to={paths.trace(trace.traceId, isPart ? first.spanId : undefined)}
    >
      <span className={styles.what}>
        {trace.errors === 0 ? null : (
          <span className={styles.mark} title={count(trace.errors, "failed span")}>
            <StateShape state="failed" size={13} />
            <span className="visually-hidden">{count(trace.errors, "failed span")}, </span>
          </span>
        )}
        <span className={styles.service}>{trace.service}</span>
        <span className={styles.name}>{trace.name}</span>
      </span>
      <span className={styles.figures}>
        <span className={styles.bar} aria-hidden>
          <i style={{ width: `${(trace.durationNs / longest) * 100}%` }} />
        </span>
        <span className={styles.took}>{formatQuantity(trace.durationNs / 1e9, "seconds")}</span>
      </span>
      <span className={styles.facts}>
        {isPart ? `${trace.matched} of ` : ""}
        {count(trace.spans, "span")}
        {rest > 0 ? `, ${count(rest, "other service")}` : ""}
      </span>
      <span className={styles.when}>
        <Ago at={trace.start} />
      </span>
    </ScreenLink>
  );
}
