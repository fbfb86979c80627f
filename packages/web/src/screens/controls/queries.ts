import {
  addControlledService,
  approveControl,
  defineControl,
  getControlHistory,
  listControls,
  rejectControl,
  removeControl,
  removeControlledService,
  setControl,
  type AnswerOf,
  type InputOf,
  type Operation,
} from "@seaworthy/contract";
import {
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { call } from "../../api/call.ts";
import { pollEvery } from "../../api/live.ts";
import { tell } from "../../app/notices.ts";

export const controlsQuery = queryOptions({
  queryKey: ["controls"],
  queryFn: ({ signal }) => call(listControls, { query: {} }, signal),
  // Applications come and go without an event.
  refetchInterval: pollEvery(30_000),
});

/** The changes of one control, newest first. */
export function historyQuery(of: {
  readonly service: string;
  readonly environment: string;
  readonly name: string;
}) {
  return infiniteQueryOptions({
    queryKey: ["controls", "history", of],
    queryFn: ({ pageParam, signal }) =>
      call(
        getControlHistory,
        { query: pageParam === null ? of : { ...of, before: pageParam } },
        signal,
      ),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next,
  });
}

/** One change. What is shown is asked for again, after a refusal too: it says what is the case now. */
function useChange<O extends Operation>(
  operation: O,
  done: (answer: AnswerOf<O>) => string,
  failed?: string,
) {
  const client = useQueryClient();
  return useMutation<AnswerOf<O>, Error, InputOf<O>>({
    mutationFn: (input) => call(operation, input),
    onSuccess: (answer) => tell("done", done(answer)),
    onError: (error) => {
      if (failed !== undefined) tell("failed", `${failed}: ${error.message}`);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["controls"] }),
  });
}

export const useAddService = () =>
  useChange(addControlledService, ({ service }) => `${service} has its controls`);
export const useRemoveService = () =>
  useChange(removeControlledService, () => "The controls are removed", "They were not removed");
export const useSet = () =>
  useChange(setControl, ({ control, pending }) =>
    pending === null ? `${control.name} is set` : "It waits for a second person",
  );
export const useDefine = () => useChange(defineControl, ({ name }) => `${name} is saved`);
export const useRemove = () =>
  useChange(removeControl, () => "The control is removed", "It was not removed");
export const useApprove = () =>
  useChange(approveControl, ({ control }) => `${control.name} is set`, "It was not approved");
export const useReject = () =>
  useChange(rejectControl, () => "It will not be made", "It was not rejected");
