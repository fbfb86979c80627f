import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  createSilence,
  expireSilence,
  listSilences,
  type NewSilence,
  type Silence,
} from "../../api/alertmanager.ts";
import { pollEvery } from "../../api/live.ts";
import { tell } from "../../app/notices.ts";

export const silencesQuery = queryOptions({
  queryKey: ["silences"],
  queryFn: ({ signal }) => listSilences(signal),
  // A silence ends without an event.
  refetchInterval: pollEvery(30_000),
});

function useRefresh(): () => Promise<unknown> {
  const client = useQueryClient();
  return () =>
    Promise.all(["silences", "alerts"].map((key) => client.invalidateQueries({ queryKey: [key] })));
}

export function useCreateSilence() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (silence: NewSilence) => createSilence(silence),
    onSuccess: () => {
      tell("done", "Nobody is told of these alerts until the silence ends");
      return refresh();
    },
  });
}

export function useExpireSilence() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ id }: Silence) => expireSilence(id),
    onSuccess: () => {
      tell("done", "The silence has ended");
      return refresh();
    },
    onError: (error) => tell("failed", `The silence did not end: ${error.message}`),
  });
}
