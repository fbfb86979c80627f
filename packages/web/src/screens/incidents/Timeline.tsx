import type { Incident, TimelineEntry } from "@seaworthy/contract";
import { UnstyledButton } from "@mantine/core";
import { useMemo, useState } from "react";
import { useUser } from "../../api/session.ts";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { count } from "../../values/quantity.ts";
import { CommentBox } from "./CommentBox.tsx";
import { OpenPicture } from "./EntryPictures.tsx";
import { useHeldEntries } from "./held-entries.ts";
import styles from "./Timeline.module.css";
import { Entry } from "./TimelineEntry.tsx";

/** What happened, newest first. While it is being read, new entries wait behind a pill. */
export function Timeline({ incident }: { readonly incident: Incident }) {
  const [isRead, setRead] = useState(false);
  const me = useUser()?.email ?? null;
  const newestFirst = useMemo(() => [...incident.timeline].reverse(), [incident.timeline]);
  const { shown, waiting, showAll } = useHeldEntries(
    newestFirst,
    isRead,
    (entry: TimelineEntry) => entry.actor === me,
  );
  return (
    <section aria-label="Timeline" className={styles.timeline}>
      <SectionHeading title="Timeline" />
      <CommentBox incidentId={incident.id} />
      <div className={styles.pillPlace} role="status">
        {waiting === 0 ? null : (
          <UnstyledButton className={styles.pill} onClick={showAll}>
            Show {count(waiting, "new entry", "new entries")}
          </UnstyledButton>
        )}
      </div>
      <ol
        className={styles.entries}
        onPointerEnter={(event) => setRead(event.pointerType === "mouse")}
        onPointerLeave={() => setRead(false)}
      >
        {shown.map((entry) => (
          <Entry key={entry.id} entry={entry} incidentId={incident.id} />
        ))}
      </ol>
      <OpenPicture entries={incident.timeline} />
    </section>
  );
}
