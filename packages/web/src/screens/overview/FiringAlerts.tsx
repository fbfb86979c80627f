import { useQuery } from "@tanstack/react-query";
import { paths } from "../../app/paths.ts";
import { Ago } from "../../elements/Ago.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import { alertsQuery } from "../alerts/queries.ts";
import { sentenceOf } from "../alerts/alert-text.ts";
import styles from "./FiringAlerts.module.css";

const most = 5;

/** Why: the alerts that fire or are about to, with what they say. */
export function FiringAlerts() {
  const alerts = useQuery(alertsQuery).data?.alerts ?? [];
  if (alerts.length === 0) return null;
  const more = alerts.length - most;
  return (
    <section aria-label="Active alerts">
      <SectionHeading title="Active alerts">
        <ScreenLink to={paths.alerts()} className="link">
          {more > 0 ? `All ${alerts.length}` : "All alerts"}
        </ScreenLink>
      </SectionHeading>
      <ul className={styles.list}>
        {alerts.slice(0, most).map((alert) => (
          <li key={alert.fingerprint}>
            <ScreenLink
              to={paths.alert(alert.fingerprint)}
              keepRange={false}
              className={styles.alert}
            >
              <StateMark state={alert.state} />
              <span className={styles.name}>{alert.name}</span>
              <span className={styles.text}>{sentenceOf(alert)}</span>
              <span className={styles.age}>
                <Ago at={alert.activeSince} form="age" />
              </span>
            </ScreenLink>
          </li>
        ))}
      </ul>
    </section>
  );
}
