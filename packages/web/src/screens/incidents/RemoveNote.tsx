import { removeIncidentNote, type TimelineEntry } from "@seaworthy/contract";
import { UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { useUser } from "../../api/session.ts";
import { useIncidentCommand } from "./queries.ts";
import styles from "./Timeline.module.css";

/** Removes a note of one's own, asked once more: it cannot be brought back. */
export function RemoveNote({
  entry,
  incidentId,
}: {
  readonly entry: TimelineEntry;
  readonly incidentId: string;
}) {
  const me = useUser();
  const [isAsked, setAsked] = useState(false);
  const remove = useIncidentCommand(removeIncidentNote, "The note was not removed");
  const isNote = entry.kind === "comment" || entry.kind === "picture";
  if (!isNote || me === null || (entry.actor !== me.email && me.role !== "admin")) return null;
  if (!isAsked)
    return (
      <>
        {" "}
        <UnstyledButton className={styles.remove} data-quiet onClick={() => setAsked(true)}>
          Remove
        </UnstyledButton>
      </>
    );
  return (
    <>
      {" "}
      <UnstyledButton
        className={styles.remove}
        disabled={remove.isPending}
        onClick={() => remove.mutate({ params: { id: incidentId, entry: entry.id } })}
      >
        Remove this note for good
      </UnstyledButton>{" "}
      <UnstyledButton className={styles.remove} onClick={() => setAsked(false)}>
        Keep it
      </UnstyledButton>
    </>
  );
}
