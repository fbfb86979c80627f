import type { Explanation } from "@seaworthy/contract";
import type { ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { Ago } from "../../elements/Ago.tsx";
import { LabelList } from "../../elements/LabelList.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import { stateOf } from "../receivers/health.ts";
import { receiversQuery } from "../receivers/queries.ts";
import { count, formatQuantity } from "../../values/quantity.ts";
import styles from "./Outcome.module.css";
import { RoutePath } from "./RoutePath.tsx";

type End = Explanation["ends"][number];

interface OutcomeProps {
  readonly answer: Explanation;
  /** Whether the way to each receiver is drawn, for where the tree is not in sight. */
  readonly drawPath?: boolean;
}

/** What becomes of an alert: whom it reaches and by what, or what holds it back. */
export function Outcome({ answer, drawPath = false }: OutcomeProps) {
  const { ends, considered, inhibitedBy, silencedBy, notifies } = answer;
  return (
    <div className={styles.outcome} role="status">
      <p className={styles.verdict}>
        {notifies ? (
          <StateMark state="sent" word={`Tells ${names(ends)}`} />
        ) : (
          <StateMark state="silenced" word="Tells nobody now" />
        )}
      </p>
      {silencedBy.map(({ id, comment, createdBy, endsAt }) => (
        <p key={id}>
          Silenced by {createdBy} until <Ago at={endsAt} />: {comment}
        </p>
      ))}
      {inhibitedBy.map(({ rule, alert }) => (
        <p key={`${rule.index} ${alert.fingerprint}`}>
          Hidden because {alert.labels["alertname"] ?? "another alert"} fires (inhibition rule{" "}
          {rule.index + 1})
        </p>
      ))}
      <ul className={styles.ends}>
        {ends.map((end) => (
          <EndOfRoute key={end.route} end={end}>
            {drawPath ? <RoutePath path={end.path} considered={considered} /> : null}
          </EndOfRoute>
        ))}
      </ul>
    </div>
  );
}

/** That a receiver is to be told does not mean that it can be. */
function Failures({ receiver }: { readonly receiver: string }) {
  const { data } = useQuery(receiversQuery);
  const failing = (
    data?.receivers.find(({ name }) => name === receiver)?.integrations ?? []
  ).filter((integration) => stateOf(integration) === "failed");
  return failing.map(({ integration, index, failedAt, error }) => (
    <p key={`${integration} ${index}`} className={styles.failing}>
      <StateMark state="failed" word={`${integration} fails`} />{" "}
      {failedAt === null ? null : <Ago at={failedAt} />}: {error}
    </p>
  ));
}

function names(ends: readonly End[]): string {
  const reached = ends.filter(
    ({ integrations, mutedBy }) => integrations.length > 0 && mutedBy.length === 0,
  );
  return [...new Set(reached.map(({ receiver }) => receiver))].join(" and ");
}

interface EndOfRouteProps {
  readonly end: End;
  /** Shown above the receiver. */
  readonly children: ReactNode;
}

function EndOfRoute({ end, children }: EndOfRouteProps) {
  const { receiver, integrations, groupLabels, groupWait, groupInterval, repeatInterval } = end;
  const seconds = (value: number) => formatQuantity(value, "seconds");
  return (
    <li className={styles.end}>
      {children}
      <p className={styles.receiver}>
        {receiver}{" "}
        <span className={styles.muted}>
          {integrations.length === 0
            ? "has no integration: nobody is told"
            : integrations.join(", ")}
        </span>
      </p>
      <Failures receiver={receiver} />
      {end.mutedBy.length === 0 ? null : (
        <p className={styles.silent}>Silent now: {end.mutedBy.join(", ")}</p>
      )}
      <p className={styles.muted}>
        First after {seconds(groupWait)}, changes every {seconds(groupInterval)}, again after{" "}
        {seconds(repeatInterval)}
      </p>
      {Object.keys(groupLabels).length === 0 ? (
        <p className={styles.muted}>In one group with all others of this route</p>
      ) : (
        <div className={styles.group}>
          <span className={styles.muted}>Group</span>
          <LabelList labels={groupLabels} without={[]} />
        </div>
      )}
      {end.group === null ? null : (
        <p className={styles.muted}>
          {count(end.group.alerts, "alert")} in this group now; looked at next{" "}
          <Ago at={end.group.nextFlushAt} />
        </p>
      )}
    </li>
  );
}
