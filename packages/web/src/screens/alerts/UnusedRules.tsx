import type { UnusedRules as UnusedRulesAnswer } from "@seaworthy/contract";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { paths } from "../../app/paths.ts";
import { Ago } from "../../elements/Ago.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import { unusedRulesQuery } from "./queries.ts";
import styles from "./UnusedRules.module.css";

/** Rules that cannot fire, since their series do not exist, and rules that have not. */
export function UnusedRules({ filter }: { readonly filter: string }) {
  const { data, error, refetch } = useQuery(unusedRulesQuery);
  if (data === undefined)
    return error === null ? (
      <RowsSkeleton rows={8} />
    ) : (
      <ErrorState error={error} retry={() => void refetch()} />
    );
  return <Listed unused={data} filter={filter.trim().toLowerCase()} />;
}

function Listed({
  unused,
  filter,
}: {
  readonly unused: UnusedRulesAnswer;
  readonly filter: string;
}) {
  const fits = ({ name, expression }: { name: string; expression: string }) =>
    `${name} ${expression}`.toLowerCase().includes(filter);
  const withoutSeries = unused.withoutSeries.filter(fits);
  const neverFired = unused.neverFired.filter(fits);
  if (withoutSeries.length === 0 && neverFired.length === 0)
    return (
      <EmptyState
        title={filter === "" ? "Every rule has its series, and has fired" : "No rule matches"}
      />
    );
  return (
    <>
      {withoutSeries.length === 0 ? null : (
        <section aria-label="Rules without series">
          <SectionHeading
            title="Without series"
            note={`${withoutSeries.length}${unused.truncated ? " or more" : ""}: what they ask for does not exist`}
          />
          <ul className={styles.list}>
            {withoutSeries.map((rule) => (
              <Item key={`${rule.file} ${rule.group} ${rule.name} ${rule.expression}`} rule={rule}>
                <StateMark
                  state={rule.blind ? "pending" : "unknown"}
                  word={rule.blind ? "Cannot fire" : "Lacks a part"}
                />
                <span className={styles.missing}>
                  no series <code>{rule.missing.join("  ")}</code>
                </span>
              </Item>
            ))}
          </ul>
        </section>
      )}
      {neverFired.length === 0 ? null : (
        <section aria-label="Rules that never fired">
          <SectionHeading
            title="Never fired"
            note={
              <>
                {neverFired.length} · firings are known since <Ago at={unused.since} />
              </>
            }
          />
          <ul className={styles.list}>
            {neverFired.map((rule) => (
              <Item key={`${rule.file} ${rule.group} ${rule.name} ${rule.expression}`} rule={rule}>
                {rule.lastFiredAt === null ? null : (
                  <span className={styles.muted}>
                    last fired <Ago at={rule.lastFiredAt} />
                  </span>
                )}
                <code className={styles.expression}>{rule.expression}</code>
              </Item>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

interface ItemProps {
  readonly rule: { readonly group: string; readonly name: string; readonly expression: string };
  readonly children: ReactNode;
}

function Item({ rule, children }: ItemProps) {
  return (
    <li className={styles.item}>
      <div className={styles.rule}>
        <ScreenLink to={paths.rule(rule.group, rule.name)} data-row className={styles.link}>
          {rule.name}
        </ScreenLink>
        <span className={styles.muted}>{rule.group}</span>
      </div>
      <div className={styles.why}>{children}</div>
    </li>
  );
}
