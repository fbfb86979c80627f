import { useEffect, type ReactNode } from "react";
import styles from "./Page.module.css";

interface PageProps {
  readonly title: string;
  /** Shown instead of the title's plain heading. */
  readonly heading?: ReactNode;
  readonly actions?: ReactNode;
  readonly wide?: boolean;
  readonly children: ReactNode;
}

/** A screen's content: its title (also the window's), its actions and its body. */
export function Page({ title, heading, actions, wide = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Seaworthy`;
  }, [title]);
  return (
    <div className={styles.page} data-wide={wide || undefined}>
      {heading ?? (
        <header className={styles.header}>
          <h1 className={styles.title}>{title}</h1>
          {actions === undefined ? null : <div className={styles.actions}>{actions}</div>}
        </header>
      )}
      {children}
    </div>
  );
}
