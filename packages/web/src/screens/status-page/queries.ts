import {
  createStatusComponent,
  createStatusPost,
  deleteStatusComponent,
  deleteStatusPost,
  endStatusOverride,
  getStatusPage,
  overrideStatusComponent,
  replaceStatusComponent,
  saveStatusLogo,
  saveStatusPage,
  updateStatusPost,
  type AnswerOf,
  type InputOf,
  type Operation,
} from "@seaworthy/contract";
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "../../api/call.ts";
import { pollEvery } from "../../api/live.ts";
import { tell } from "../../app/notices.ts";

export const statusPageQuery = queryOptions({
  queryKey: ["status-page"],
  queryFn: ({ signal }) => call(getStatusPage, {}, signal),
  // Uptime grows although nothing is changed.
  refetchInterval: pollEvery(60_000),
});

/** One change: the page is asked for again, and the reader is told. */
function useChange<O extends Operation>(operation: O, done: string) {
  const client = useQueryClient();
  return useMutation<AnswerOf<O>, Error, InputOf<O>>({
    mutationFn: (input) => call(operation, input),
    onSuccess: () => {
      tell("done", done);
      return client.invalidateQueries({ queryKey: ["status-page"] });
    },
  });
}

export const useCreateComponent = () => useChange(createStatusComponent, "The component is shown");
export const useReplaceComponent = () =>
  useChange(replaceStatusComponent, "The component is saved");
export const useDeleteComponent = () =>
  useChange(deleteStatusComponent, "The component is removed");
export const useOverride = () => useChange(overrideStatusComponent, "Visitors see your word now");
export const useEndOverride = () =>
  useChange(endStatusOverride, "Visitors see what is found again");
export const useAnnounce = () => useChange(createStatusPost, "It is announced");
export const useUpdatePost = () => useChange(updateStatusPost, "The update is out");
export const useDeletePost = () => useChange(deleteStatusPost, "It is off the page");
export const useSavePage = () => useChange(saveStatusPage, "The page is saved");
export const useSaveLogo = () => useChange(saveStatusLogo, "The logo is saved");
