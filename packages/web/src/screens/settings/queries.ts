import {
  createToken,
  listAudit,
  listTokens,
  revokeToken,
  setAccount,
  type InputOf,
} from "@seaworthy/contract";
import {
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { call } from "../../api/call.ts";
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
