import { IconArrowLeft } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { CopyButton } from "./CopyButton.tsx";
import styles from "./PageHeading.module.css";
import { ScreenLink } from "./ScreenLink.tsx";

interface PageHeadingProps {
  readonly back: { readonly to: string; readonly label: string };
  readonly title: string;
  /** The page's own path, to be copied; none where it says nothing to others. */
  readonly link?: string;
  readonly summary?: string | null;
  readonly action?: ReactNode;
  /** Facts in a row, as `li` elements. */
  readonly children?: ReactNode;
}

/** The head of a page about one thing: the way back, its name, what to do, and the facts. */
export function PageHeading({ back, title, link, summary, action, children }: PageHeadingProps) {
  return (
    <header className={styles.header}>
      <div className={styles.crumb}>
        <ScreenLink to={back.to} className={styles.back}>
          <IconArrowLeft size={15} stroke={1.7} aria-hidden />
          {back.label}
        </ScreenLink>
        {link === undefined ? null : (
          <CopyButton text={window.location.origin + link} label="Copy the link" />
        )}
      </div>
      <div className={styles.main}>
        <h1 className={styles.title}>{title}</h1>
        {action}
      </div>
      {summary ? <p className={styles.summary}>{summary}</p> : null}
      {children ? <ul className={styles.facts}>{children}</ul> : null}
    </header>
  );
}
