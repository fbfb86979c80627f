import { UnstyledButton } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useMatches } from "react-router";
import { RangePicker } from "../time/RangePicker.tsx";
import { AccountMenu } from "./AccountMenu.tsx";
import { openCommandPalette } from "./command-palette-state.ts";
import { LiveIndicator } from "./LiveIndicator.tsx";
import type { ScreenHandle } from "./screen-handle.ts";
import { modifierKey } from "./shortcuts.ts";
import styles from "./TopBar.module.css";

/** Search, the time range where the screen has one, and whether what is seen is live. */
export function TopBar() {
  const handle = useMatches().at(-1)?.handle as ScreenHandle | undefined;
  return (
    <header className={styles.bar}>
      <UnstyledButton className={styles.search} onClick={openCommandPalette}>
        <IconSearch size={16} stroke={1.7} aria-hidden />
        <span className={styles.searchText}>Search or jump to…</span>
        <kbd className={styles.keys} aria-hidden>
          {modifierKey}K
        </kbd>
      </UnstyledButton>
      <div className={styles.right}>
        {handle?.range === undefined ? null : (
          <RangePicker own={handle.range === "shared" ? null : handle.range.own} />
        )}
        <LiveIndicator />
        <div className={styles.account}>
          <AccountMenu compact />
        </div>
      </div>
    </header>
  );
}
