import type { IncidentSummary } from "@seaworthy/contract";
import { paths } from "../../app/paths.ts";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { Ago } from "../../elements/Ago.tsx";
import { SeverityMark } from "../../elements/SeverityMark.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import { count } from "../../values/quantity.ts";
import { NextAction } from "../incidents/NextAction.tsx";
import { ownerOf } from "../incidents/owner.ts";
import styles from "./OpenIncidents.module.css";

/** The open incidents with their age, their owner and what to do next. */
export function OpenIncidents({ incidents }: { readonly incidents: readonly IncidentSummary[] }) {
  if (incidents.length === 0) return null;
  return (
    <section aria-label="Open incidents" className={styles.list}>
      {incidents.map((incident) => (
        <article key={incident.id} className={styles.incident} data-state={incident.state}>
          <div className={styles.top}>
            <SeverityMark severity={incident.severity} />
            <h2 className={styles.title}>
              <ScreenLink
                to={paths.incident(incident.number)}
                keepRange={false}
                className={styles.link}
              >
                {incident.title}
              </ScreenLink>
            </h2>
          </div>
          <p className={styles.facts}>
            <StateMark state={incident.state} />
            <span>
              #{incident.number}
              {incident.service === null ? "" : ` · ${incident.service}`}
            </span>
            <span>
              open for <Ago at={incident.openedAt} form="age" />
            </span>
            <span>{ownerOf(incident) ?? "no owner yet"}</span>
            <span>{count(incident.firingAlerts, "alert")} firing</span>
          </p>
          <div className={styles.action}>
            <NextAction incident={incident} />
          </div>
        </article>
      ))}
    </section>
  );
}
