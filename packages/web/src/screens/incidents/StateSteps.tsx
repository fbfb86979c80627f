import {
  moveIncident,
  reopenIncident,
  type Incident,
  type IncidentState,
} from "@seaworthy/contract";
import { UnstyledButton } from "@mantine/core";
import { useUser } from "../../api/session.ts";
import { StateShape } from "../../elements/StateMark.tsx";
import { useIncidentCommand } from "./queries.ts";
import styles from "./StateSteps.module.css";

const steps = ["acknowledged", "investigating", "identified", "monitoring", "resolved"] as const;

const words: Readonly<Record<(typeof steps)[number], string>> = {
  acknowledged: "Acknowledged",
  investigating: "Investigating",
  identified: "Identified",
  monitoring: "Monitoring",
  resolved: "Resolved",
};

/** Where the incident stands on its way, and each state that it may come into: one click. */
export function StateSteps({ incident }: { readonly incident: Incident }) {
  const move = useIncidentCommand(moveIncident, "The state was not changed");
  const reopen = useIncidentCommand(reopenIncident, "The incident was not reopened");
  const canAct = useUser()?.role !== "viewer";
  const { id, state, nextStates } = incident;
  const isPending = move.isPending || reopen.isPending;
  const mayTake = (step: IncidentState) => canAct && nextStates.some((next) => next === step);
  return (
    <div className={styles.steps} role="group" aria-label="State of the incident">
      {steps.map((step) => (
        <UnstyledButton
          key={step}
          className={styles.step}
          data-present={step === state || undefined}
          aria-pressed={step === state}
          disabled={isPending || !mayTake(step)}
          onClick={() => move.mutate({ params: { id }, body: { state: step } })}
        >
          <StateShape state={step} size={12} />
          {words[step]}
        </UnstyledButton>
      ))}
      {state === "resolved" && incident.mergedInto === null && canAct ? (
        <UnstyledButton
          className={styles.step}
          disabled={isPending}
          onClick={() => reopen.mutate({ params: { id }, body: {} })}
        >
          Reopen
        </UnstyledButton>
      ) : null}
    </div>
  );
}
