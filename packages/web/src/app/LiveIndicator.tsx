import { Tooltip } from "@mantine/core";
import { useLive } from "../api/live.ts";
import { useNow } from "../time/use-now.ts";
import { formatRelative } from "../values/instant.ts";
import styles from "./LiveIndicator.module.css";

const words = {
  connecting: "Connecting",
  connected: "Live",
  reconnecting: "Reconnecting",
} as const;

/** Whether what is seen is kept up to date, and if not, how old it may be. */
export function LiveIndicator() {
  const { state, lastHeard } = useLive();
  const now = useNow();
  const heard =
    lastHeard === null
      ? "nothing heard yet"
      : `server last heard ${formatRelative(lastHeard, now)}`;
  const isOld = state === "reconnecting" && lastHeard !== null;
  return (
    <Tooltip
      label={
        state === "connected"
          ? `Connected: changes appear by themselves; ${heard}.`
          : `Not connected: asking every 10 seconds instead; ${heard}.`
      }
      multiline
    >
      <span className={styles.live} data-state={state} role="status" tabIndex={0}>
        <span className={styles.dot} aria-hidden />
        <span className={styles.word}>{words[state]}</span>
        {isOld ? <span className={styles.since}>{formatRelative(lastHeard, now)}</span> : null}
      </span>
    </Tooltip>
  );
}
