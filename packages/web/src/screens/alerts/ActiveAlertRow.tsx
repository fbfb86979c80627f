import type { ActiveAlert } from "@seaworthy/contract";
import { IconChevronRight } from "@tabler/icons-react";
import { paths } from "../../app/paths.ts";
import { AlertGraph } from "../../charts/AlertGraph.tsx";
import { useMovingSpan } from "../../charts/use-moving-span.ts";
import { Ago } from "../../elements/Ago.tsx";
import { LabelList } from "../../elements/LabelList.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import { useTimeRange } from "../../time/use-time-range.ts";
import { formatQuantity } from "../../values/quantity.ts";
import styles from "./ActiveAlerts.module.css";
import { AlertDetails } from "./AlertDetails.tsx";
import { headlineOf, sentenceOf } from "./alert-text.ts";
import { useMemo } from "react";

interface ActiveAlertRowProps {
  readonly alert: ActiveAlert;
  readonly isOpen: boolean;
  readonly toggle: () => void;
  readonly pick: (name: string, value: string) => void;
}

/** One alert: folded to a line, or with the reason it fires. */
export function ActiveAlertRow({ alert, isOpen, toggle, pick }: ActiveAlertRowProps) {
  const bodyId = `alert-${alert.fingerprint}`;
  return (
    <article className={styles.alert}>
      <h3>
        <button
          type="button"
          className={styles.row}
          data-row
          aria-expanded={isOpen}
          aria-controls={bodyId}
          onClick={toggle}
        >
          <IconChevronRight size={16} className={styles.chevron} aria-hidden />
          <span className={styles.state}>
            <StateMark state={alert.state} />
          </span>
          <span className={styles.name}>{alert.name}</span>
          <span className={styles.text}>{sentenceOf(alert)}</span>
          <span className={styles.quiet}>
            {alert.silenced ? "silenced" : alert.inhibited ? "inhibited" : ""}
          </span>
          <span className={styles.age}>
            <Ago at={alert.activeSince} form="age" />
          </span>
        </button>
      </h3>
      {isOpen ? <Unfolded id={bodyId} alert={alert} pick={pick} /> : null}
    </article>
  );
}

interface UnfoldedProps {
  readonly id: string;
  readonly alert: ActiveAlert;
  readonly pick: (name: string, value: string) => void;
}

function Unfolded({ id, alert, pick }: UnfoldedProps) {
  const { range } = useTimeRange();
  const { span, step } = useMovingSpan(range);
  const marks = useMemo(
    () => [{ at: Date.parse(alert.activeSince), label: "active" }],
    [alert.activeSince],
  );
  const summary = headlineOf(alert.annotations);
  return (
    <div id={id} className={styles.body}>
      {summary === null ? null : <p className={styles.summary}>{summary}</p>}
      <p className={styles.facts}>
        <span>
          {alert.state === "firing" ? "Active" : "Pending"} since <Ago at={alert.activeSince} />
        </span>
        <span>value now {formatQuantity(alert.value)}</span>
        <span>
          rule group{" "}
          <ScreenLink to={paths.rule(alert.group, alert.name)} className="link">
            {alert.group}
          </ScreenLink>
        </span>
        {alert.incident === null ? null : (
          <ScreenLink to={paths.incident(alert.incident.number)} keepRange={false} className="link">
            Incident #{alert.incident.number}
          </ScreenLink>
        )}
        <ScreenLink to={paths.alert(alert.fingerprint)} keepRange={false} className="link">
          Who is told, and its history
        </ScreenLink>
        {alert.silenced ? <StateMark state="silenced" /> : null}
        {alert.inhibited ? <StateMark state="silenced" word="Inhibited" /> : null}
      </p>
      <AlertGraph
        expression={alert.expression}
        labels={alert.labels}
        span={span}
        step={step}
        marks={marks}
      />
      <AlertDetails
        annotations={alert.annotations}
        expression={alert.expression}
        silenceable={alert.silenced ? null : alert.labels}
      />
      <LabelList labels={alert.labels} onPick={pick} />
    </div>
  );
}
