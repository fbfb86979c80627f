import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import { useUser } from "../../api/session.ts";
import { modifierKey } from "../../app/shortcuts.ts";
import styles from "./CommentBox.module.css";
import { useComment } from "./queries.ts";

/** Adds a note to the timeline. What was typed is kept until it is saved. */
export function CommentBox({ incidentId }: { readonly incidentId: string }) {
  const [text, setText] = useState("");
  const comment = useComment();
  const canWrite = useUser()?.role !== "viewer";
  if (!canWrite) return null;
  const send = () => {
    const trimmed = text.trim();
    if (trimmed === "" || comment.isPending) return;
    comment.mutate({ id: incidentId, text: trimmed }, { onSuccess: () => setText("") });
  };
  return (
    <form
      className={styles.box}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Textarea
        aria-label="Comment"
        placeholder="What did you see, try or find out?"
        autosize
        minRows={1}
        maxRows={10}
        maxLength={20_000}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
            event.preventDefault();
            send();
          }
        }}
      />
      <div className={styles.below} data-shown={text !== "" || undefined}>
        <span className={styles.hint}>{modifierKey}Enter to send</span>
        <Button
          type="submit"
          size="xs"
          variant="default"
          loading={comment.isPending}
          disabled={text.trim() === ""}
        >
          Comment
        </Button>
      </div>
    </form>
  );
}
