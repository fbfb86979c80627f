import type { Incident } from "@seaworthy/contract";
import { Ago } from "../../elements/Ago.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { formatAge } from "../../values/instant.ts";
import { byCloseness, useChanges } from "./changes.ts";
import { personName } from "./owner.ts";
import styles from "./Work.module.css";

/** As many as are read at night; the timeline has those of the service itself. */
const most = 12;

/** What was changed shortly before it broke, and since: the first suspects. */
export function WhatChanged({ incident }: { readonly incident: Incident }) {
  const changes = useChanges(incident);
  if (changes === undefined) return null;
  const opened = Date.parse(incident.openedAt);
  return (
    <section aria-label="What changed" className={styles.section}>
      <SectionHeading title="What changed" note="since two hours before" />
      {changes.length === 0 ? (
        <p className={styles.muted}>
          No deploy, release, flag or migration was recorded. Record them by{" "}
          <code>seaworthy change record</code>.
        </p>
      ) : (
        <ul className={styles.tasks}>
          {byCloseness(changes, incident.service)
            .slice(0, most)
            .map((change) => {
              const ahead = opened - Date.parse(change.at);
              return (
                <li key={change.id} className={styles.task}>
                  <span>
                    <strong>{change.service ?? "all services"}</strong> {change.kind}:{" "}
                    {change.url === null ? (
                      change.title
                    ) : (
                      <a href={change.url} className="link" target="_blank" rel="noreferrer">
                        {change.title}
                      </a>
                    )}
                    {change.environment === null ? null : ` in ${change.environment}`}
                    <span className={styles.muted}> {personName(change.actor)}</span>
                  </span>
                  <span className={styles.muted}>
                    {ahead > 0 ? `${formatAge(ahead)} before` : <Ago at={change.at} />}
                  </span>
                </li>
              );
            })}
        </ul>
      )}
    </section>
  );
}
