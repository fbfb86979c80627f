import {
  getIncidentRunbook,
  getRunbook,
  listIncidentRunbooks,
  listRunbooks,
  tickRunbookStep,
} from "@seaworthy/contract";
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "../../api/call.ts";
import { pollEvery } from "../../api/live.ts";
import { queryLogs } from "../../api/loki.ts";
import { tell } from "../../app/notices.ts";
import type { Span } from "../../time/time-range.ts";
import { nanoseconds } from "../logs/queries.ts";

export const runbooksQuery = queryOptions({
  queryKey: ["runbooks", "all"],
  queryFn: ({ signal }) => call(listRunbooks, {}, signal),
});

/** A runbook with these labels filled in. */
export function runbookQuery(name: string, labels: Readonly<Record<string, string>>) {
  return queryOptions({
    queryKey: ["runbooks", "one", name, labels],
    queryFn: ({ signal }) => call(getRunbook, { params: { name }, query: labels }, signal),
  });
}

// What is known of an incident is asked again with the incident.
export function incidentRunbooksQuery(id: string) {
  return queryOptions({
    queryKey: ["incidents", "runbooks", id],
    queryFn: ({ signal }) => call(listIncidentRunbooks, { params: { id } }, signal),
    refetchInterval: pollEvery(60_000),
  });
}

export function incidentRunbookQuery(id: string, name: string) {
  return queryOptions({
    queryKey: ["incidents", "runbook", id, name],
    queryFn: ({ signal }) => call(getIncidentRunbook, { params: { id, name } }, signal),
    refetchInterval: pollEvery(60_000),
  });
}

export function useTick(id: string, name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ step, done }: { step: string; done: boolean }) =>
      call(tickRunbookStep, { params: { id, name, step }, body: { done } }),
    onSuccess: (runbook) => {
      client.setQueryData(incidentRunbookQuery(id, name).queryKey, runbook);
      return client.invalidateQueries({ queryKey: ["incidents"] });
    },
    onError: (error) => tell("failed", `The step was not saved: ${error.message}`),
  });
}

/** A few of the latest lines of a span. */
export function fewLinesQuery(query: string, span: Span, limit: number) {
  return queryOptions({
    queryKey: ["logs", "few", query, span.start, span.end, limit],
    queryFn: ({ signal }) =>
      queryLogs(
        { query, start: nanoseconds(span.start), end: nanoseconds(span.end), limit },
        signal,
      ),
    staleTime: Infinity,
    gcTime: 60_000,
  });
}
