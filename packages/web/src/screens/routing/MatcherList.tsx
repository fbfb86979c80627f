import { IconCheck, IconX } from "@tabler/icons-react";
import styles from "./MatcherList.module.css";

interface MatcherListProps {
  /** As they are written; `matches` is null while no labels are held against them. */
  readonly matchers: readonly { readonly matcher: string; readonly matches: boolean | null }[];
  /** Said where there are none. */
  readonly none: string;
}

/** Matchers of a route, each with whether it matches. */
export function MatcherList({ matchers, none }: MatcherListProps) {
  if (matchers.length === 0) return <span className={styles.none}>{none}</span>;
  return (
    <span className={styles.list}>
      {matchers.map(({ matcher, matches }) => (
        <code key={matcher} className={styles.matcher} data-matches={matches ?? undefined}>
          {matches === null ? null : matches ? (
            <IconCheck size={13} stroke={2.2} aria-label="matches" role="img" />
          ) : (
            <IconX size={13} stroke={2.2} aria-label="does not match" role="img" />
          )}
          {matcher}
        </code>
      ))}
    </span>
  );
}
