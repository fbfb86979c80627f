import type { ReactNode } from "react";
import styles from "./SectionHeading.module.css";

/** A section's title with what belongs beside it. */
export function SectionHeading({
  title,
  note,
  children,
}: {
  readonly title: string;
  readonly note?: ReactNode;
  readonly children?: ReactNode;
}) {
  return (
    <div className={styles.heading}>
      <h2 className={styles.title}>{title}</h2>
      {note === undefined ? null : <span className={styles.note}>{note}</span>}
      <div className={styles.end}>{children}</div>
    </div>
  );
}
