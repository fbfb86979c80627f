import { useQuery } from "@tanstack/react-query";
import { paths } from "../../app/paths.ts";
import { Ago } from "../../elements/Ago.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { StateShape } from "../../elements/StateMark.tsx";
import { useNow } from "../../time/use-now.ts";
import { notificationsQuery } from "../alerts/queries.ts";
import { incidentListQuery } from "../incidents/queries.ts";
import styles from "./Lately.module.css";
import { happenings } from "./happenings.ts";

/** What changed in the last 24 hours, newest first. */
export function Lately() {
  const incidents = useQuery(incidentListQuery("all")).data?.incidents;
  const notifications = useQuery(notificationsQuery).data?.notifications;
  const now = useNow(60_000);
  if (incidents === undefined || notifications === undefined) return null;
  const rows = happenings(incidents, notifications, now);
  return (
    <section aria-label="What changed">
      <SectionHeading title="What changed" note="last 24 h" />
      {rows.length === 0 ? (
        <p className={styles.none}>No incident began or ended, and nobody was notified.</p>
      ) : (
        <ol className={styles.list}>
          {rows.slice(0, 8).map((row) => (
            <li key={row.key} className={styles.row}>
              <span className={styles.when}>
                <Ago at={row.at} />
              </span>
              <StateShape state={row.state} />
              <span className={styles.what}>
                {row.incident === null ? (
                  <ScreenLink to={paths.notifications()} className={styles.link}>
                    {row.text}
                  </ScreenLink>
                ) : (
                  <ScreenLink
                    to={paths.incident(row.incident)}
                    keepRange={false}
                    className={styles.link}
                  >
                    {row.text}
                  </ScreenLink>
                )}
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
