import { getSession, type User } from "@seaworthy/contract";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { call } from "./call.ts";

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => call(getSession, {}, signal),
  staleTime: 5 * 60_000,
});

/** Who is signed in; null until known. Screens inside the frame always have somebody. */
export function useUser(): User | null {
  return useQuery(sessionQuery).data?.user ?? null;
}
