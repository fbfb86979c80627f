import type { TimelineEntry } from "@seaworthy/contract";
import {
  IconArrowUp,
  IconBell,
  IconBellX,
  IconCheck,
  IconFlag,
  IconMessage,
  IconRotate,
  IconUserCheck,
  type Icon,
} from "@tabler/icons-react";
import { useNow } from "../../time/use-now.ts";
import { useTimeRange } from "../../time/use-time-range.ts";
import { formatDayAndTime, formatInstant, formatTimeOfDay } from "../../values/instant.ts";
import { StateShape } from "../../elements/StateMark.tsx";
import { personName } from "./owner.ts";
import styles from "./Timeline.module.css";

const icons: Readonly<Partial<Record<TimelineEntry["kind"], Icon>>> = {
  opened: IconFlag,
  severity_raised: IconArrowUp,
  notified: IconBell,
  notification_failed: IconBellX,
  acknowledged: IconUserCheck,
  comment: IconMessage,
  resolved: IconCheck,
  reopened: IconRotate,
};

const day = 86_400_000;

/** One entry of the timeline: when, what, and by whom. */
export function Entry({ entry }: { readonly entry: TimelineEntry }) {
  const { zone } = useTimeRange();
  const now = useNow(60_000);
  const at = Date.parse(entry.at);
  const KindIcon = icons[entry.kind];
  const isOld = now - at > day;
  return (
    <li className={styles.entry} data-kind={entry.kind}>
      <span className={styles.icon}>
        {KindIcon === undefined ? (
          <StateShape state={entry.kind === "alert_firing" ? "firing" : "resolved"} size={13} />
        ) : (
          <KindIcon size={15} stroke={1.8} aria-hidden />
        )}
      </span>
      <div className={styles.body}>
        <p className={styles.text}>{entry.text}</p>
        <p className={styles.meta}>
          <time dateTime={entry.at} title={formatInstant(at, zone)}>
            {isOld ? formatDayAndTime(at, zone) : formatTimeOfDay(at, zone)}
          </time>
          {entry.actor === "system" ? null : <span> · {personName(entry.actor)}</span>}
        </p>
      </div>
    </li>
  );
}
