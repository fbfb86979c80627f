import type { InhibitRule, Routing as RoutingAnswer } from "@seaworthy/contract";
import { IconRoute } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import { count } from "../../values/quantity.ts";
import { labelsInUrl } from "./labels-text.ts";
import { LabelTester } from "./LabelTester.tsx";
import { MatcherList } from "./MatcherList.tsx";
import { explainQuery, routingQuery } from "./queries.ts";
import { growTree } from "./route-tree.ts";
import { RouteTree } from "./RouteTree.tsx";
import styles from "./Routing.module.css";
import { useAddress } from "../../app/use-address.ts";

/** Who is told of what: the tree of routes, and labels to try on it, which stand in the URL. */
export function Routing() {
  const { data, error, refetch } = useQuery(routingQuery);
  if (data === undefined)
    return error === null ? (
      <RowsSkeleton rows={8} height={52} />
    ) : (
      <ErrorState error={error} retry={() => void refetch()} />
    );
  return <Loaded routing={data} />;
}

function Loaded({ routing }: { readonly routing: RoutingAnswer }) {
  const [params, setParams] = useAddress();
  const labels = useMemo(() => labelsInUrl(params), [params]);
  const isTrying = Object.keys(labels).length > 0;
  const explained = useQuery({ ...explainQuery(labels), enabled: isTrying });
  const verdicts = useMemo(
    () =>
      !isTrying || explained.data === undefined
        ? null
        : new Map(explained.data.considered.map((each) => [each.route, each])),
    [isTrying, explained.data],
  );
  const root = useMemo(() => growTree(routing.routes), [routing.routes]);
  const change = (next: Readonly<Record<string, string>>) =>
    setParams({ label: Object.entries(next).map(([name, value]) => `${name}=${value}`) });
  if (root === null)
    return (
      <EmptyState title="There are no routes" icon={<IconRoute size={32} stroke={1.3} />}>
        <p>Routes come from alertmanager.yml. Add one, and have the file read again.</p>
      </EmptyState>
    );
  return (
    <div className={styles.columns}>
      <LabelTester labels={labels} change={change} answer={explained.data} />
      <div className={styles.main}>
        {explained.error === null ? null : (
          <ErrorState error={explained.error} retry={() => void explained.refetch()} />
        )}
        {routing.warnings.map((warning) => (
          <p key={warning} className={styles.warning}>
            <StateMark state="pending" word={warning} />
          </p>
        ))}
        <section aria-label="Routing tree">
          <SectionHeading
            title="Routes"
            note={`${count(routing.routes.length, "route")} of ${routing.file.split("/").at(-1) ?? ""}, asked from top to bottom`}
          />
          <RouteTree root={root} verdicts={verdicts} />
        </section>
        <Inhibitions rules={routing.inhibitRules} />
      </div>
    </div>
  );
}

function Inhibitions({ rules }: { readonly rules: readonly InhibitRule[] }) {
  if (rules.length === 0) return null;
  const plain = (matchers: readonly string[]) =>
    matchers.map((matcher) => ({ matcher, matches: null }));
  return (
    <section aria-label="Inhibition rules">
      <SectionHeading title="Inhibition" note="what is hidden while something worse fires" />
      <ol className={styles.rules}>
        {rules.map(({ index, source, target, equal }) => (
          <li key={index} className={styles.rule}>
            <span className={styles.word}>While</span>
            <MatcherList matchers={plain(source)} none="any alert" />
            <span className={styles.word}>fires, hide</span>
            <MatcherList matchers={plain(target)} none="every other" />
            {equal.length === 0 ? null : (
              <span className={styles.word}>of the same {equal.join(" and ")}</span>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
