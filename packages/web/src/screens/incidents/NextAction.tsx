import type { IncidentSummary } from "@seaworthy/contract";
import { Button } from "@mantine/core";
import { useUser } from "../../api/session.ts";
import { useAcknowledge, useResolve } from "./queries.ts";

interface NextActionProps {
  readonly incident: Pick<IncidentSummary, "id" | "number" | "state">;
  readonly size?: "sm" | "md";
}

/** The one thing to do next: acknowledge, then resolve. Nothing once it is resolved. */
export function NextAction({ incident, size = "sm" }: NextActionProps) {
  const acknowledge = useAcknowledge();
  const resolve = useResolve();
  const canAct = useUser()?.role !== "viewer";
  if (incident.state === "resolved" || !canAct) return null;
  const isNew = incident.state === "triggered";
  const next = isNew ? acknowledge : resolve;
  return (
    <Button
      size={size}
      variant={isNew ? "filled" : "default"}
      loading={next.isPending}
      onClick={() => next.mutate(incident.id)}
      aria-label={`${isNew ? "Acknowledge" : "Resolve"} incident #${incident.number}`}
    >
      {isNew ? "Acknowledge" : "Resolve"}
    </Button>
  );
}
