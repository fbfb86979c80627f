import { queryClient } from "../../api/query-client.ts";
import { Chats } from "./Chats.tsx";
import { chatsQuery } from "./queries.ts";

export function loader(): null {
  void queryClient.prefetchQuery(chatsQuery);
  return null;
}

export const Component = Chats;
