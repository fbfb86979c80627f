import { CloseButton } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { dismiss, useNotices } from "./notices.ts";
import styles from "./Notices.module.css";

/** The notices, in a corner where they cover nothing that is read. */
export function Notices() {
  const notices = useNotices();
  return (
    <div className={styles.notices} role="status" aria-live="polite">
      {notices.map(({ id, tone, text }) => (
        <div key={id} className={styles.notice} data-tone={tone}>
          {tone === "done" ? (
            <IconCheck size={16} aria-hidden />
          ) : (
            <IconAlertTriangle size={16} aria-hidden />
          )}
          <span>{text}</span>
          <CloseButton size="sm" aria-label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
