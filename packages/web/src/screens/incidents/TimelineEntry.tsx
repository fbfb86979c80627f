import type { TimelineEntry } from "@seaworthy/contract";
import { Markdown } from "../../elements/Markdown.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { useNow } from "../../time/use-now.ts";
import { useTimeRange } from "../../time/use-time-range.ts";
import { formatDayAndTime, formatInstant, formatTimeOfDay } from "../../values/instant.ts";
import { StateShape } from "../../elements/StateMark.tsx";
import { EntryPictures } from "./EntryPictures.tsx";
import { RemoveNote } from "./RemoveNote.tsx";
import { personName } from "./owner.ts";
import { timelineIcons } from "./timeline-kinds.ts";
import styles from "./Timeline.module.css";

const day = 86_400_000;

/** Words that lead to what they are about, where it has an address. */
function Pointing({
  url,
  children,
}: {
  readonly url: string | undefined;
  readonly children: string;
}) {
  if (url === undefined) return children;
  if (url.startsWith("/"))
    return (
      <ScreenLink to={url} className="link">
        {children}
      </ScreenLink>
    );
  return (
    <a href={url} className="link" target="_blank" rel="noreferrer">
      {children}
    </a>
  );
}

/** One entry of the timeline: when, what, and by whom. */
export function Entry({
  entry,
  incidentId,
}: {
  readonly entry: TimelineEntry;
  readonly incidentId: string;
}) {
  const { zone } = useTimeRange();
  const now = useNow(60_000);
  const at = Date.parse(entry.at);
  const KindIcon = timelineIcons[entry.kind];
  const isOld = now - at > day;
  return (
    <li className={styles.entry} data-kind={entry.kind}>
      <span className={styles.icon}>
        {KindIcon === null ? (
          <StateShape state={entry.kind === "alert_firing" ? "firing" : "resolved"} size={13} />
        ) : (
          <KindIcon size={15} stroke={1.8} aria-hidden />
        )}
      </span>
      <div className={styles.body}>
        {entry.kind === "picture" ? null : entry.blocks === undefined ? (
          <p className={styles.text}>
            <Pointing url={entry.url}>{entry.text}</Pointing>
          </p>
        ) : (
          <div className={styles.text}>
            <Markdown blocks={entry.blocks} level={4} />
          </div>
        )}
        {entry.pictures === undefined ? null : <EntryPictures pictures={entry.pictures} />}
        <p className={styles.meta}>
          <time dateTime={entry.at} title={formatInstant(at, zone)}>
            {isOld ? formatDayAndTime(at, zone) : formatTimeOfDay(at, zone)}
          </time>
          {entry.actor === "system" ? null : <span> · {personName(entry.actor)}</span>}
          <RemoveNote entry={entry} incidentId={incidentId} />
        </p>
      </div>
    </li>
  );
}
