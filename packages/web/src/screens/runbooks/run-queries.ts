import {
  approveRunbookRun,
  listRunbookRuns,
  previewRunbookAction,
  rejectRunbookRun,
  runRunbookAction,
} from "@seaworthy/contract";
import type { AnswerOf, InputOf, Operation, RunbookRun } from "@seaworthy/contract";
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "../../api/call.ts";
import { pollEvery } from "../../api/live.ts";
import { tell } from "../../app/notices.ts";

/** What was run for an incident; asked again with the incident. */
export function runbookRunsQuery(id: string) {
  return queryOptions({
    queryKey: ["incidents", "runbook-runs", id],
    queryFn: ({ signal }) => call(listRunbookRuns, { params: { id } }, signal),
    refetchInterval: pollEvery(60_000),
  });
}

/** What an action would do, exactly; whoever else runs it meanwhile is seen here. */
export function previewQuery(of: {
  readonly incident: string;
  readonly action: string;
  readonly runbook: string;
  readonly values: Readonly<Record<string, string>>;
}) {
  const { incident, action, runbook, values } = of;
  return queryOptions({
    queryKey: ["incidents", "runbook-preview", of],
    queryFn: ({ signal }) =>
      call(
        previewRunbookAction,
        { params: { id: incident, action }, body: { values, runbook } },
        signal,
      ),
    gcTime: 0,
  });
}

function useChange<O extends Operation>(operation: O, told: (answer: AnswerOf<O>) => string) {
  const client = useQueryClient();
  return useMutation<AnswerOf<O>, Error, InputOf<O>>({
    mutationFn: (input) => call(operation, input),
    onSuccess: (answer) => tell("done", told(answer)),
    // After a refusal too: what is shown is asked for again, and says why.
    onSettled: () => client.invalidateQueries({ queryKey: ["incidents"] }),
  });
}

const began = (run: RunbookRun) =>
  run.state === "waiting" ? `${run.title} waits for a second person` : `${run.title} has begun`;

export const useRun = () => useChange(runRunbookAction, began);
export const useApproveRun = () => useChange(approveRunbookRun, began);
export const useRejectRun = () => useChange(rejectRunbookRun, (run) => `${run.title} is not run`);
