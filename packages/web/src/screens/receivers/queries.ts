import { getWatchdog, listReceivers, testReceiver } from "@seaworthy/contract";
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "../../api/call.ts";
import { pollEvery } from "../../api/live.ts";

export const receiversQuery = queryOptions({
  queryKey: ["receivers"],
  queryFn: ({ signal }) => call(listReceivers, {}, signal),
  refetchInterval: pollEvery(60_000),
});

export const watchdogQuery = queryOptions({
  queryKey: ["watchdog"],
  queryFn: ({ signal }) => call(getWatchdog, {}, signal),
  // The alert that always fires comes in without an event.
  refetchInterval: pollEvery(15_000),
});

/** Sends a test page by every integration of a receiver; what became of each is the answer. */
export function useTestReceiver() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => call(testReceiver, { params: { name } }),
    onSettled: () => client.invalidateQueries({ queryKey: ["receivers"] }),
  });
}
