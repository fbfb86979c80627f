import {
  createToken,
  listAudit,
  listChats,
  listTokens,
  revokeToken,
  setAccount,
  testChat,
  type ChatName,
  type InputOf,
} from "@seaworthy/contract";
import {
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { call } from "../../api/call.ts";
import { pollEvery } from "../../api/live.ts";
import { sessionQuery } from "../../api/session.ts";
import { tell } from "../../app/notices.ts";

export const tokensQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: ({ signal }) => call(listTokens, {}, signal),
});

export const auditQuery = infiniteQueryOptions({
  queryKey: ["audit"],
  queryFn: ({ pageParam, signal }) =>
    call(listAudit, { query: pageParam === null ? {} : { before: pageParam } }, signal),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next,
});

export function useCreateToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: InputOf<typeof createToken>["body"]) => call(createToken, { body }),
    onSuccess: () => client.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
}

export function useRevokeToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: { id: string; name: string }) => call(revokeToken, { params: { id } }),
    onSuccess: (_answer, { name }) => {
      tell("done", `The token ${name} no longer opens anything`);
      return client.invalidateQueries({ queryKey: tokensQuery.queryKey });
    },
    onError: (error) => tell("failed", `The token was not revoked: ${error.message}`),
  });
}

export function useSetAccount() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NonNullable<InputOf<typeof setAccount>["body"]>) =>
      call(setAccount, { body }),
    onSuccess: ({ user }) => {
      client.setQueryData(sessionQuery.queryKey, { user });
      tell("done", "Your account is saved");
    },
  });
}

export const chatsQuery = queryOptions({
  queryKey: ["chats"],
  queryFn: ({ signal }) => call(listChats, {}, signal),
  // What is told and heard there comes without an event.
  refetchInterval: pollEvery(15_000),
});

/** Sends a test message into a chat; the answer says what became of it. */
export function useTestChat() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: ChatName) => call(testChat, { params: { name } }),
    onSettled: () => client.invalidateQueries({ queryKey: ["chats"] }),
  });
}
