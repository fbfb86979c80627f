import type { Incident } from "@seaworthy/contract";
import { paths } from "../../app/paths.ts";
import { Ago } from "../../elements/Ago.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { StateShape } from "../../elements/StateMark.tsx";
import { count } from "../../values/quantity.ts";
import styles from "./Work.module.css";

/** What the fault reaches: the services that alerts name, those with the most firing first. */
export function BlastRadius({ incident }: { readonly incident: Incident }) {
  const said = incident.services.filter(
    (name) => !incident.blast.some(({ service }) => service === name),
  );
  if (incident.blast.length + said.length < 2) return null;
  return (
    <section aria-label="Blast radius" className={styles.section}>
      <SectionHeading
        title="Blast radius"
        note={count(incident.blast.length + said.length, "service")}
      >
        <ScreenLink
          to={paths.serviceMap(incident.service === null ? {} : { service: incident.service })}
          className="link"
        >
          Service map
        </ScreenLink>
      </SectionHeading>
      <ul className={styles.tasks}>
        {incident.blast.map(({ service, alerts, firing, since }) => (
          <li key={service ?? ""} className={styles.task}>
            <span className={styles.service}>
              <StateShape state={firing > 0 ? "firing" : "resolved"} size={12} />
              {service ?? "no service named"}
            </span>
            <span className={styles.muted}>
              {firing > 0
                ? `${firing} of ${count(alerts, "alert")} firing`
                : `${count(alerts, "alert")}, recovered`}
              , since <Ago at={since} />
            </span>
          </li>
        ))}
        {said.map((name) => (
          <li key={name} className={styles.task}>
            <span>{name}</span>
            <span className={styles.muted}>no alert</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
