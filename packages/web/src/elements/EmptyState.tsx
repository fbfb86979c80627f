import type { ReactNode } from "react";
import styles from "./EmptyState.module.css";

interface EmptyStateProps {
  readonly title: string;
  readonly icon?: ReactNode;
  readonly children?: ReactNode;
}

/** Says that there is nothing, why, and what to do next. */
export function EmptyState({ title, icon, children }: EmptyStateProps) {
  return (
    <section className={styles.empty}>
      {icon === undefined ? null : (
        <div className={styles.icon} aria-hidden>
          {icon}
        </div>
      )}
      <h2 className={styles.title}>{title}</h2>
      <div className={styles.body}>{children}</div>
    </section>
  );
}
