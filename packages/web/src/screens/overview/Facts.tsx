import { paths } from "../../app/paths.ts";
import { Ago } from "../../elements/Ago.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { count } from "../../values/quantity.ts";
import styles from "./Facts.module.css";
import type { OverviewAnswer } from "./headline.ts";

/** The line under the headline: who is on it, what is watched, and when the paging chain last worked. */
export function Facts({ overview }: { readonly overview: OverviewAnswer }) {
  const { openIncidents, targets, lastNotification } = overview;
  const unowned = openIncidents.filter((incident) => incident.state === "triggered").length;
  const all = targets.up + targets.down;
  return (
    <ul className={styles.facts}>
      {openIncidents.length === 0 ? null : (
        <li data-alarm={unowned > 0 || undefined}>
          {unowned === 0
            ? "Somebody is on it"
            : unowned === 1 && openIncidents.length === 1
              ? "Nobody is on it yet"
              : `Nobody is on ${unowned} of them yet`}
        </li>
      )}
      {all === 0 ? null : (
        <li data-alarm={targets.down > 0 || undefined}>
          <ScreenLink to={paths.targets()} className={styles.link}>
            {targets.down === 0
              ? `${all === 1 ? "The target is" : `All ${all} targets are`} up`
              : `${count(targets.down, "target")} of ${all} down`}
          </ScreenLink>
        </li>
      )}
      <li>
        <ScreenLink to={paths.notifications()} className={styles.link}>
          {lastNotification === null ? (
            "No notification has been sent yet"
          ) : (
            <>
              Last notification reached {lastNotification.receiver}{" "}
              <Ago at={lastNotification.sentAt ?? lastNotification.decidedAt} />
            </>
          )}
        </ScreenLink>
      </li>
    </ul>
  );
}
