import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Page } from "../../app/Page.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { resolveRange } from "../../time/time-range.ts";
import { useTimeRange } from "../../time/use-time-range.ts";
import { DurationChart, type Picked } from "./DurationChart.tsx";
import { NoTraces } from "./NoTraces.tsx";
import { foundTraces } from "./queries.ts";
import { anySpan, readQuery, writeQuery } from "./trace-query.ts";
import { TraceList } from "./TraceList.tsx";
import { TraceTabs } from "./TraceTabs.tsx";
import { TraceQueryForm } from "./TraceQueryForm.tsx";
import { useAddress } from "../../app/use-address.ts";

/** Of whole requests, where nothing is asked of spans: the durations of what begins a trace. */
const roots = '{ span:parentID = "" }';

/** Searches traces. The query, the range and the order stand in the URL. */
export function Traces() {
  const [params, setParams] = useAddress();
  const query = params.get("q") ?? "";
  const { range } = useTimeRange();
  const [asked, setAsked] = useState(Date.now);
  const span = useMemo(() => resolveRange(range, asked), [range, asked]);
  const plain = readQuery(query);
  const askedForAll = plain !== null && writeQuery(plain) === anySpan;
  const { data, error, refetch } = useQuery(foundTraces(askedForAll ? anySpan : query, span));

  const put = (next: Readonly<Record<string, string>>) =>
    setParams(
      Object.fromEntries(
        Object.entries(next).map(([name, value]) => [
          name,
          value === anySpan ? null : value || null,
        ]),
      ),
      "push",
    );
  const run = (text: string) => {
    setAsked(Date.now());
    put({ q: text.trim() });
  };
  const pick = ({ range: { from, to }, ...durations }: Picked) =>
    put({ from, to, ...(plain === null ? {} : { q: writeQuery({ ...plain, ...durations }) }) });

  return (
    <Page wide title="Traces">
      <TraceTabs query={askedForAll ? undefined : query} />
      <TraceQueryForm query={query} span={span} run={run} />
      {error !== null ? (
        <ErrorState error={error} retry={() => void refetch()} />
      ) : data === undefined ? (
        <RowsSkeleton rows={12} />
      ) : data.traces.length === 0 ? (
        <NoTraces askedForAll={askedForAll} />
      ) : (
        <>
          <DurationChart query={askedForAll ? roots : query} span={span} pick={pick} />
          <TraceList traces={data.traces} more={data.more} />
        </>
      )}
    </Page>
  );
}
