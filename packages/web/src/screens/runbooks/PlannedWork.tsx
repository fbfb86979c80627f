import type { PlannedWork as Work } from "@seaworthy/contract";
import styles from "./Actions.module.css";

/** What is done, exactly: each argument on a line of its own, for none may hide in another. */
export function PlannedWork({ work }: { readonly work: Work }) {
  if (work.kind === "command")
    return (
      <div className={styles.work}>
        <p className={styles.muted}>Runs on Seaworthy's server, without a shell:</p>
        <ol className={styles.argv} aria-label="Command and arguments">
          {work.argv.map((text, place) => (
            <li key={`${place} ${text}`}>
              <code>{text === "" ? "(empty)" : text}</code>
            </li>
          ))}
        </ol>
        <p className={styles.muted}>
          in <code>{work.folder}</code>
        </p>
      </div>
    );
  return (
    <div className={styles.work}>
      <p className={styles.muted}>Sends this request:</p>
      <pre className={styles.request} tabIndex={0} aria-label="Request">
        {`${work.method} ${work.url}`}
        {Object.entries(work.headers).map(([name, value]) => `\n${name}: ${value}`)}
        {work.body === null ? "" : `\n\n${work.body}`}
      </pre>
    </div>
  );
}
