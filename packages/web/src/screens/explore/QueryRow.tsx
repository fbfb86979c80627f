import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import { IconHistory, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { modifierKey } from "../../app/shortcuts.ts";
import styles from "./Explore.module.css";
import { readHistory } from "./history.ts";
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
        <History choose={run} />
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

function History({ choose }: { readonly choose: (text: string) => void }) {
  const [entries, setEntries] = useState<readonly string[]>([]);
  return (
    <Menu
      withinPortal={false}
      withInitialFocusPlaceholder={false}
      onOpen={() => setEntries(readHistory())}
    >
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={36} aria-label="Earlier queries">
          <IconHistory size={18} stroke={1.7} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {entries.length === 0 ? <Menu.Label>No query was run on this device yet</Menu.Label> : null}
        {entries.slice(0, 12).map((entry) => (
          <Menu.Item key={entry} onClick={() => choose(entry)}>
            <div className={styles.historyItem}>{entry}</div>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
