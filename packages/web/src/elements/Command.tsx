import styles from "./Command.module.css";
import { CopyButton } from "./CopyButton.tsx";

/** A command or a piece of configuration to copy. */
export function Command({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <div className={styles.command}>
      <pre className={styles.text} tabIndex={0} aria-label={label}>
        {text}
      </pre>
      <CopyButton text={text} label={`Copy ${label.toLowerCase()}`} />
    </div>
  );
}
