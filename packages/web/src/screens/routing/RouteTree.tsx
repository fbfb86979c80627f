import type { RouteNode } from "@seaworthy/contract";
import { IconArrowRight } from "@tabler/icons-react";
import { MatcherList } from "./MatcherList.tsx";
import styles from "./RouteTree.module.css";
import { timingsOf, type RouteBranch, type Verdict } from "./route-tree.ts";

interface RouteTreeProps {
  readonly root: RouteBranch;
  /** What each route says to the labels that are tried; null when none are. */
  readonly verdicts: ReadonlyMap<string, Verdict> | null;
}

/** The routes of alertmanager.yml as a nested list, asked from top to bottom. */
export function RouteTree({ root, verdicts }: RouteTreeProps) {
  return (
    <ul className={styles.tree} aria-label="Routes">
      <Branch branch={root} parent={null} verdicts={verdicts} />
    </ul>
  );
}

const words = {
  taken: "takes it",
  passed: "matches",
  refused: "does not match",
  skipped: "not asked",
} as const;

interface BranchProps {
  readonly branch: RouteBranch;
  readonly parent: RouteNode | null;
  readonly verdicts: ReadonlyMap<string, Verdict> | null;
}

function Branch({ branch: { node, children }, parent, verdicts }: BranchProps) {
  // Below a route that refuses nothing is asked.
  const verdict = verdicts === null ? null : (verdicts.get(node.id)?.verdict ?? "skipped");
  const asked = verdict === "skipped" ? undefined : verdicts?.get(node.id);
  const silences = [
    ...node.muteTimeIntervals.map((name) => `silent during ${name}`),
    ...node.activeTimeIntervals.map((name) => `only during ${name}`),
  ];
  const facts = [...timingsOf(node, parent), ...silences];
  return (
    <li className={styles.branch}>
      <div className={styles.node} data-verdict={verdict ?? undefined}>
        <div className={styles.line}>
          <MatcherList
            matchers={
              asked?.matchers ?? node.matchers.map((matcher) => ({ matcher, matches: null }))
            }
            none={parent === null ? "every alert" : "everything"}
          />
          <span className={styles.receiver}>
            <IconArrowRight size={15} stroke={1.7} aria-hidden />
            <span className="visually-hidden">goes to </span>
            {node.receiver}
          </span>
          {verdict === null ? null : <span className={styles.verdict}>{words[verdict]}</span>}
        </div>
        {facts.length === 0 && !node.continue && node.mutedBy.length === 0 ? null : (
          <p className={styles.facts}>
            {facts.join(" · ")}
            {node.continue ? (
              <span className={styles.continue}>
                {facts.length === 0 ? "" : " · "}the routes below are asked as well
              </span>
            ) : null}
            {node.mutedBy.length === 0 ? null : (
              <>
                {facts.length === 0 && !node.continue ? "" : " · "}
                <strong className={styles.muted}>silent now: {node.mutedBy.join(", ")}</strong>
              </>
            )}
          </p>
        )}
      </div>
      {children.length === 0 ? null : (
        <ul className={styles.children}>
          {children.map((child) => (
            <Branch key={child.node.id} branch={child} parent={node} verdicts={verdicts} />
          ))}
        </ul>
      )}
    </li>
  );
}
