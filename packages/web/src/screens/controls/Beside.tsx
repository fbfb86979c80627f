import { useQuery } from "@tanstack/react-query";
import { paths } from "../../app/paths.ts";
import { Ago } from "../../elements/Ago.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { SeverityMark } from "../../elements/SeverityMark.tsx";
import { StateMark, StateShape } from "../../elements/StateMark.tsx";
import { formatQuantity } from "../../values/quantity.ts";
import { alertsQuery } from "../alerts/queries.ts";
import { overviewQuery } from "../overview/queries.ts";
import { ServiceState } from "../overview/Services.tsx";
import { worstFirst } from "../overview/services.ts";
import styles from "./Controls.module.css";

const most = 6;

/** What an operator looks at before and after switching: incidents, alerts, and how the services do. */
export function Beside() {
  const overview = useQuery(overviewQuery).data;
  const alerts = useQuery(alertsQuery).data?.alerts ?? [];
  if (overview === undefined) return <aside className={styles.beside} aria-label="Health" />;
  const { openIncidents, services } = overview;
  const newest = alerts.toSorted((a, b) => (a.activeSince > b.activeSince ? -1 : 1)).slice(0, most);
  return (
    <aside className={styles.beside} aria-label="Health">
      <section aria-label="Open incidents">
        <SectionHeading title="Open incidents" />
        {openIncidents.length === 0 ? (
          <p className={styles.calm}>
            <StateShape state="clear" /> None is open
          </p>
        ) : (
          <ul className={styles.list}>
            {openIncidents.slice(0, most).map((incident) => (
              <li key={incident.id} className={styles.brief}>
                <SeverityMark severity={incident.severity} />
                <ScreenLink
                  to={paths.incident(incident.number)}
                  keepRange={false}
                  className={styles.link}
                >
                  {incident.title}
                </ScreenLink>
                <span className={styles.muted}>
                  <Ago at={incident.openedAt} form="age" />
                </span>
              </li>
            ))}
          </ul>
        )}
      </section>
      <section aria-label="Recent alerts">
        <SectionHeading title="Recent alerts">
          <ScreenLink to={paths.alerts()} className="link">
            All alerts
          </ScreenLink>
        </SectionHeading>
        {newest.length === 0 ? (
          <p className={styles.calm}>
            <StateShape state="clear" /> Nothing fires
          </p>
        ) : (
          <ul className={styles.list}>
            {newest.map((alert) => (
              <li key={alert.fingerprint} className={styles.brief}>
                <StateMark state={alert.state} />
                <ScreenLink
                  to={paths.alert(alert.fingerprint)}
                  keepRange={false}
                  className={styles.link}
                >
                  {alert.name}
                </ScreenLink>
                <span className={styles.muted}>
                  <Ago at={alert.activeSince} form="age" />
                </span>
              </li>
            ))}
          </ul>
        )}
      </section>
      {services.length === 0 ? null : (
        <section aria-label="Services">
          <SectionHeading title="Services" note="errors" />
          <ul className={styles.list}>
            {services
              .toSorted(worstFirst)
              .slice(0, 2 * most)
              .map((service) => (
                <li key={service.service} className={styles.health}>
                  <span className={styles.strong}>{service.service}</span>
                  <ServiceState service={service} />
                  <span className={styles.figure}>
                    {formatQuantity(service.errorShare, "share")}
                  </span>
                </li>
              ))}
          </ul>
        </section>
      )}
    </aside>
  );
}
