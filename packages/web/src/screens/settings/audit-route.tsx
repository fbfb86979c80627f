import { queryClient } from "../../api/query-client.ts";
import { AuditLog } from "./AuditLog.tsx";
import { auditQuery } from "./queries.ts";

export function loader(): null {
  void queryClient.prefetchInfiniteQuery(auditQuery);
  return null;
}

export const Component = AuditLog;
