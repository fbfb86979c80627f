import { pictureTypes } from "@seaworthy/contract";
import { ActionIcon, Button, Textarea } from "@mantine/core";
import { IconPhotoPlus } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { useUser } from "../../api/session.ts";
import { modifierKey } from "../../app/shortcuts.ts";
import styles from "./CommentBox.module.css";
import { MOST_PICTURES, picturesIn, useNotePictures } from "./note-pictures.ts";
import { NotePictures } from "./NotePictures.tsx";
import { useComment } from "./queries.ts";

/**
 * Adds a note to the timeline: Markdown, and pictures that are chosen, pasted or dropped. What was typed
 * is kept until it is saved.
 */
export function CommentBox({ incidentId }: { readonly incidentId: string }) {
  const [text, setText] = useState("");
  const [isOver, setOver] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const { pictures, add, remove, describe, clear } = useNotePictures(incidentId);
  const comment = useComment();
  const canWrite = useUser()?.role !== "viewer";
  if (!canWrite) return null;

  const trimmed = text.trim();
  const ready = pictures.filter(({ picture }) => picture !== null);
  const isSending = pictures.some(({ picture, failure }) => picture === null && failure === null);
  const isEmpty = trimmed === "" && ready.length === 0;
  const take = (files: readonly File[]) => add(files.slice(0, MOST_PICTURES - pictures.length));
  const send = () => {
    if (isEmpty || isSending || comment.isPending) return;
    comment.mutate(
      {
        id: incidentId,
        text: trimmed,
        pictures: ready.map(({ id, alt }) => ({ id, alt: alt.trim() })),
      },
      {
        onSuccess: () => {
          setText("");
          clear();
        },
      },
    );
  };
  return (
    <form
      className={styles.box}
      data-over={isOver || undefined}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setOver(false);
        take([...event.dataTransfer.files]);
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
        onPaste={(event) => {
          const files = picturesIn(event.clipboardData);
          // A cell of a table is pasted as text, though its picture comes with it.
          if (files.length === 0 || event.clipboardData.types.includes("text/plain")) return;
          event.preventDefault();
          take(files);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
            event.preventDefault();
            send();
          }
        }}
        rightSection={
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label="Add pictures"
            title="Add pictures: choose, paste or drop them"
            disabled={pictures.length >= MOST_PICTURES}
            onClick={() => chooser.current?.click()}
          >
            <IconPhotoPlus size={18} stroke={1.7} aria-hidden />
          </ActionIcon>
        }
        rightSectionProps={{ className: styles.add ?? "" }}
      />
      <input
        ref={chooser}
        type="file"
        hidden
        multiple
        accept={pictureTypes.join(",")}
        aria-label="Pictures"
        onChange={(event) => {
          take([...(event.currentTarget.files ?? [])]);
          // The same file may be chosen again.
          event.currentTarget.value = "";
        }}
      />
      <NotePictures pictures={pictures} describe={describe} remove={remove} />
      <div className={styles.below} data-shown={text !== "" || pictures.length > 0 || undefined}>
        <span className={styles.hint}>Markdown · {modifierKey}Enter to send</span>
        <Button
          type="submit"
          size="xs"
          variant="default"
          loading={comment.isPending}
          disabled={isEmpty || isSending}
        >
          Comment
        </Button>
      </div>
    </form>
  );
}
