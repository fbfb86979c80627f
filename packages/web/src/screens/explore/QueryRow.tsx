import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useState } from "react";
import { modifierKey } from "../../app/shortcuts.ts";
import styles from "./Explore.module.css";
import { HistoryMenu } from "./HistoryMenu.tsx";
import { QueryEditor } from "./QueryEditor.tsx";

interface QueryRowProps {
  readonly letter: string;
  /** The query that is shown below. */
  readonly query: string;
  readonly run: (text: string) => void;
  readonly remove?: () => void;
}

/** One query being written; it is asked when run. */
export function QueryRow({ letter, query, run, remove }: QueryRowProps) {
  const [draft, setDraft] = useState(query);
  const [shown, setShown] = useState(query);
  if (shown !== query) {
    // Back, a history entry or a pasted link changed the query from outside.
    setShown(query);
    setDraft(query);
  }
  return (
    <div className={styles.row}>
      <span className={styles.letter} aria-hidden>
        {letter}
      </span>
      <QueryEditor label={`Query ${letter}`} value={draft} onChange={setDraft} onRun={run} />
      <div className={styles.buttons}>
        <Tooltip label={`Run (${modifierKey}Enter)`}>
          <Button
            onClick={() => run(draft)}
            variant={draft.trim() === query ? "default" : "filled"}
          >
            Run
          </Button>
        </Tooltip>
        <HistoryMenu of="explore" choose={run} />
        {remove === undefined ? null : (
          <Tooltip label="Remove this query">
            <ActionIcon
              variant="subtle"
              color="gray"
              size={36}
              aria-label={`Remove query ${letter}`}
              onClick={remove}
            >
              <IconX size={17} stroke={1.7} aria-hidden />
            </ActionIcon>
          </Tooltip>
        )}
      </div>
    </div>
  );
}
