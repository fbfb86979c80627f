import { ActionIcon, Menu } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useState } from "react";
import styles from "./Explore.module.css";
import { readHistory, type HistoryOf } from "./history.ts";

interface HistoryMenuProps {
  readonly of: HistoryOf;
  readonly choose: (text: string) => void;
}

/** The queries that were run on this device, to be run again. */
export function HistoryMenu({ of, choose }: HistoryMenuProps) {
  const [entries, setEntries] = useState<readonly string[]>([]);
  return (
    <Menu
      withinPortal={false}
      withInitialFocusPlaceholder={false}
      onOpen={() => setEntries(readHistory(of))}
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
