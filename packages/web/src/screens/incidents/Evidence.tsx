import type { Incident } from "@seaworthy/contract";
import { Button } from "@mantine/core";
import { useMemo } from "react";
import { stepped } from "../../charts/use-moving-span.ts";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { SignalButtons } from "../../elements/SignalButtons.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { resolveRange } from "../../time/time-range.ts";
import { useNow } from "../../time/use-now.ts";
import { useTimeRange } from "../../time/use-time-range.ts";
import { count } from "../../values/quantity.ts";
import { AlertEvidence } from "./AlertEvidence.tsx";
import { changeMarks, useChanges } from "./changes.ts";
import styles from "./Evidence.module.css";
import { useIncidentAlerts } from "./queries.ts";
import { incidentMarks, spanAround } from "./span-around.ts";
import { useAddress } from "../../app/use-address.ts";

/** Why this is an incident: its alerts with what they measure, around the time it happened. */
export function Evidence({ incident }: { readonly incident: Incident }) {
  const { range, isChosen } = useTimeRange();
  const [params, setParams] = useAddress();
  const now = useNow(5000);
  const { openedAt, acknowledgedAt, resolvedAt } = incident;
  const { span, step } = useMemo(
    () => stepped(isChosen ? resolveRange(range, now) : spanAround({ openedAt, resolvedAt }, now)),
    [isChosen, range, openedAt, resolvedAt, now],
  );
  const changes = useChanges(incident);
  const marks = useMemo(
    () => [
      ...incidentMarks({ openedAt, acknowledgedAt, resolvedAt }),
      ...changeMarks(changes ?? [], incident.service),
    ],
    [openedAt, acknowledgedAt, resolvedAt, changes, incident.service],
  );
  const { alerts, showMore, isLoading } = useIncidentAlerts(incident);
  const chosen = params.get("alert");
  const open = chosen ?? alerts[0]?.fingerprint ?? null;
  const choose = (fingerprint: string) =>
    setParams({ alert: fingerprint === open ? "none" : fingerprint });
  return (
    <section aria-label="Evidence" className={styles.evidence}>
      <SectionHeading title="Evidence" note={count(incident.alertCount, "alert")}>
        {incident.links === null ? null : (
          <div className={styles.signals}>
            <SignalButtons links={incident.links} />
          </div>
        )}
      </SectionHeading>
      {alerts.length === 0 ? (
        <EmptyState title="No alert belongs to this incident">
          <p>It was opened by hand. Write down what you see in the timeline.</p>
        </EmptyState>
      ) : (
        alerts.map((alert) => (
          <AlertEvidence
            key={alert.fingerprint}
            alert={alert}
            isOpen={alert.fingerprint === open}
            toggle={() => choose(alert.fingerprint)}
            span={span}
            step={step}
            marks={marks}
          />
        ))
      )}
      {showMore === undefined ? null : (
        <div className={styles.more}>
          <Button variant="default" loading={isLoading} onClick={showMore}>
            Show more alerts
          </Button>
          <span>
            {alerts.length} of {incident.alertCount}
          </span>
        </div>
      )}
    </section>
  );
}
