import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import { HistoryMenu } from "../explore/HistoryMenu.tsx";
import styles from "./Logs.module.css";

interface LogQueryFormProps {
  /** The query that is shown below. */
  readonly query: string;
  readonly run: (text: string) => void;
}

/** A LogQL query being written; Enter asks it, Shift+Enter begins a line. */
export function LogQueryForm({ query, run }: LogQueryFormProps) {
  const [draft, setDraft] = useState(query);
  const [shown, setShown] = useState(query);
  if (shown !== query) {
    // Back, a filter or a pasted link changed the query from outside.
    setShown(query);
    setDraft(query);
  }
  return (
    <form
      className={styles.query}
      onSubmit={(event) => {
        event.preventDefault();
        run(draft);
      }}
    >
      <Textarea
        aria-label="Query"
        autosize
        minRows={1}
        maxRows={8}
        spellCheck={false}
        classNames={{ root: styles.editor ?? "", input: styles.input ?? "" }}
        placeholder={'{service_name="shop"} |= "timeout"'}
        value={draft}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          run(draft);
        }}
      />
      <Button type="submit" size="md" variant={draft.trim() === query ? "default" : "filled"}>
        Run
      </Button>
      <HistoryMenu of="logs" choose={run} />
    </form>
  );
}
