import type { Incident } from "@seaworthy/contract";
import { IconArrowLeft } from "@tabler/icons-react";
import { paths } from "../../app/paths.ts";
import { Ago } from "../../elements/Ago.tsx";
import { CopyButton } from "../../elements/CopyButton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SeverityMark } from "../../elements/SeverityMark.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import { useNow } from "../../time/use-now.ts";
import { count } from "../../values/quantity.ts";
import styles from "./IncidentHeader.module.css";
import { lifespan } from "./lifespan.ts";
import { MoreActions } from "./MoreActions.tsx";
import { NextAction } from "./NextAction.tsx";
import { ownerOf } from "./owner.ts";
import { StateSteps } from "./StateSteps.tsx";

/** What is broken, how bad, since when, who is on it, and the one next action. */
export function IncidentHeader({ incident }: { readonly incident: Incident }) {
  const owner = ownerOf(incident);
  const now = useNow(30_000);
  const isOpen = incident.state !== "resolved";
  return (
    <header className={styles.header}>
      <div className={styles.crumb}>
        <ScreenLink to={paths.incidents()} className={styles.back}>
          <IconArrowLeft size={15} stroke={1.7} aria-hidden />
          Incidents
        </ScreenLink>
        <span>#{incident.number}</span>
        <CopyButton
          text={window.location.origin + paths.incident(incident.number)}
          label="Copy the link"
        />
      </div>
      <div className={styles.main}>
        <h1 className={styles.title}>{incident.title}</h1>
        <div className={styles.actions}>
          <div className={styles.action}>
            <NextAction incident={incident} />
          </div>
          <MoreActions incident={incident} />
        </div>
      </div>
      <ul className={styles.facts}>
        <li>
          <SeverityMark severity={incident.severity} />
        </li>
        <li>
          <StateMark state={incident.state} pill />
        </li>
        <li>
          {isOpen ? (
            <>
              open for <Ago at={incident.openedAt} form="age" />
            </>
          ) : (
            <>
              {lifespan(incident)}, resolved <Ago at={incident.resolvedAt ?? incident.openedAt} />
            </>
          )}
        </li>
        <li data-alarm={(isOpen && owner === null) || undefined}>
          {owner === null
            ? isOpen
              ? "nobody is on it yet"
              : "never acknowledged"
            : isOpen
              ? `${owner} is on it`
              : `acknowledged by ${owner}`}
        </li>
        {incident.service === null ? null : <li>service {incident.service}</li>}
        <li>
          {incident.firingAlerts > 0
            ? `${incident.firingAlerts} of ${count(incident.alertCount, "alert")} firing`
            : incident.alertCount === 0
              ? "no alerts"
              : "nothing firing any more"}
        </li>
        {isOpen && owner === null && incident.respondBy !== null ? (
          <li>
            {Date.parse(incident.respondBy) < now ? "an answer was due " : "an answer is due "}
            <Ago at={incident.respondBy} />
          </li>
        ) : null}
        {incident.mergedInto === null ? null : (
          <li>
            merged into
            <ScreenLink to={paths.incident(incident.mergedInto)} className="link">
              #{incident.mergedInto}
            </ScreenLink>
          </li>
        )}
        {incident.splitFrom === null ? null : (
          <li>
            split off from
            <ScreenLink to={paths.incident(incident.splitFrom)} className="link">
              #{incident.splitFrom}
            </ScreenLink>
          </li>
        )}
      </ul>
      <StateSteps incident={incident} />
    </header>
  );
}
