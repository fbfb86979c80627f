import { listChanges, type Incident, type RecordedChange } from "@seaworthy/contract";
import { useQuery } from "@tanstack/react-query";
import { call } from "../../api/call.ts";
import { pollEvery } from "../../api/live.ts";
import type { ChartMark } from "../../charts/marks.ts";

const hour = 3_600_000;
/** So much of the time before an incident is looked through for what may have caused it. */
const before = 2 * hour;
/** More marks than these hide the graph that they stand in. */
const mostMarks = 8;

/** What was changed shortly before an incident and while it was open, newest first. */
export function useChanges(
  incident: Pick<Incident, "openedAt" | "resolvedAt">,
): readonly RecordedChange[] | undefined {
  const { openedAt, resolvedAt } = incident;
  const from = new Date(Date.parse(openedAt) - before).toISOString();
  const { data } = useQuery({
    queryKey: ["incidents", "changes", from, resolvedAt],
    queryFn: ({ signal }) =>
      call(
        listChanges,
        { query: { from, to: resolvedAt ?? new Date(Date.now() + hour).toISOString() } },
        signal,
      ),
    refetchInterval: pollEvery(60_000),
  });
  return data?.changes;
}

/** Changes of the incident's own service first, otherwise as they are. */
export function byCloseness(
  changes: readonly RecordedChange[],
  service: string | null,
): readonly RecordedChange[] {
  const isOwn = (change: RecordedChange) => change.service === null || change.service === service;
  return [...changes.filter(isOwn), ...changes.filter((change) => !isOwn(change))];
}

/** The changes that may be the cause, as marks in its graphs. */
export function changeMarks(
  changes: readonly RecordedChange[],
  service: string | null,
): readonly ChartMark[] {
  return changes
    .filter((change) => change.service === null || service === null || change.service === service)
    .slice(0, mostMarks)
    .map(({ at, kind, version }) => ({
      at: Date.parse(at),
      label: version === null ? kind : `${kind} ${version}`,
    }));
}
