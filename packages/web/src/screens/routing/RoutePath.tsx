import { MatcherList } from "./MatcherList.tsx";
import type { Verdict } from "./route-tree.ts";
import styles from "./RoutePath.module.css";

interface RoutePathProps {
  /** The ids of the routes from the root to where an alert ends. */
  readonly path: readonly string[];
  readonly considered: readonly Verdict[];
}

/** The way of an alert through the tree: the routes that let it pass, each with why. */
export function RoutePath({ path, considered }: RoutePathProps) {
  const verdicts = new Map(considered.map((each) => [each.route, each]));
  return (
    <ol className={styles.path} aria-label="Its way">
      {path.map((id) => (
        <li key={id} className={styles.step}>
          <MatcherList
            matchers={verdicts.get(id)?.matchers ?? []}
            none={id === "0" ? "every alert" : "everything"}
          />
        </li>
      ))}
    </ol>
  );
}
