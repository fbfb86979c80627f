import {
  addPostMortemAction,
  beginPostMortem,
  changePostMortemAction,
  completePostMortem,
  getPostMortem,
  listPostMortems,
  publishPostMortem,
  removePostMortemAction,
  savePostMortem,
  type InputOf,
  type Operation,
  type PostMortem,
} from "@seaworthy/contract";
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "../../api/call.ts";
import { tell } from "../../app/notices.ts";

// Their keys begin as an incident's do: what changes one changes the other.
export const postMortemsQuery = queryOptions({
  queryKey: ["incidents", "post-mortems"],
  queryFn: ({ signal }) => call(listPostMortems, {}, signal),
});

export function postMortemQuery(number: string) {
  return queryOptions({
    queryKey: ["incidents", "post-mortem", number],
    queryFn: ({ signal }) => call(getPostMortem, { params: { id: number } }, signal),
  });
}

function useChange<O extends Operation>(operation: O, done?: string) {
  const client = useQueryClient();
  return useMutation<unknown, Error, InputOf<O>>({
    mutationFn: (input) => call(operation, input),
    onSuccess: (answer) => {
      const postMortem = answer as PostMortem;
      client.setQueryData(postMortemQuery(String(postMortem.number)).queryKey, postMortem);
      if (done !== undefined) tell("done", done);
      void client.invalidateQueries({ queryKey: ["incidents"] });
    },
    onError: (error) => tell("failed", error.message),
  });
}

export const useBegin = () => useChange(beginPostMortem);
export const useSave = () => useChange(savePostMortem, "The post-mortem is saved");
export const useComplete = () => useChange(completePostMortem);
export const usePublish = () => useChange(publishPostMortem);
export const useAddAction = () => useChange(addPostMortemAction);
export const useChangeAction = () => useChange(changePostMortemAction);
export const useRemoveAction = () => useChange(removePostMortemAction);
