import { queryClient } from "../../api/query-client.ts";
import { Notifications } from "./Notifications.tsx";
import { notificationsQuery } from "./queries.ts";

export function loader(): null {
  void queryClient.prefetchQuery(notificationsQuery);
  return null;
}

export const Component = Notifications;
