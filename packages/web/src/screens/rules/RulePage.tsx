import { useQuery } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";
import { useParams, useSearchParams } from "react-router";
import type { Rule, RuleGroup } from "../../api/prometheus.ts";
import { Page } from "../../app/Page.tsx";
import { paths } from "../../app/paths.ts";
import { Ago } from "../../elements/Ago.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { PageHeading } from "../../elements/PageHeading.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { formatQuantity } from "../../values/quantity.ts";
import { languageNames } from "../../values/language.ts";
import { ruleGroupsQuery } from "../alerts/queries.ts";
import { isKnownInstant, RuleState } from "../alerts/RuleState.tsx";
import { draftOf, emptyDraft } from "./rule-draft.ts";
import { RuleEditor } from "./RuleEditor.tsx";
import styles from "./Rules.module.css";

/** A rule that runs: how it does, and what it would do if it were changed. */
export function RulePage() {
  const { group: groupName = "", rule: name = "" } = useParams();
  const [params] = useSearchParams();
  const place = Number(params.get("place") ?? 0);
  const { data, error, refetch } = useQuery(ruleGroupsQuery);
  const group = data?.find((each) => each.name === groupName);
  const rule = group?.rules.filter((each) => each.name === name)[place];
  const heading = (facts: ReactNode) => (
    <PageHeading
      back={{ to: paths.rules(), label: "Rules" }}
      title={name}
      link={paths.rule(groupName, name, place)}
    >
      {facts}
    </PageHeading>
  );
  return (
    <Page wide title={name} heading={heading(rule && group ? facts(rule, group) : null)}>
      {group !== undefined && rule !== undefined ? (
        <Loaded key={`${groupName}\0${name}\0${place}`} rule={rule} group={group} />
      ) : data !== undefined ? (
        <EmptyState title={`There is no rule ${name} in the group ${groupName}`}>
          <p>It may have another name now, or its file is not read any more.</p>
          <ScreenLink to={paths.rules()} className="link">
            See the rules
          </ScreenLink>
        </EmptyState>
      ) : error === null ? (
        <RowsSkeleton rows={8} />
      ) : (
        <ErrorState error={error} retry={() => void refetch()} />
      )}
    </Page>
  );
}

function Loaded({ rule, group }: { readonly rule: Rule; readonly group: RuleGroup }) {
  // What runs is asked for again and again; the rule's text changes only when the files do.
  const text = JSON.stringify(draftOf(rule, group.language));
  const base = useMemo(() => JSON.parse(text) as ReturnType<typeof draftOf>, [text]);
  return (
    <RuleEditor base={base} group={group.name} file={group.file}>
      {rule.lastError ? <p className={styles.error}>{rule.lastError}</p> : null}
    </RuleEditor>
  );
}

function facts(rule: Rule, group: RuleGroup): ReactNode {
  return (
    <>
      <li>
        <RuleState rule={rule} pill />
      </li>
      <li>
        {isKnownInstant(rule.lastEvaluation) ? (
          <>
            evaluated <Ago at={rule.lastEvaluation} /> in{" "}
            {formatQuantity(rule.evaluationTime, "seconds")}
          </>
        ) : (
          "not evaluated yet"
        )}
      </li>
      <li>
        group {group.name}, every {formatQuantity(group.interval, "seconds")}
        {group.language === undefined ? "" : `, ${languageNames[group.language]}`}
      </li>
      {rule.type === "alerting" && rule.state !== "inactive" ? (
        <li>
          <ScreenLink to={paths.alerts({ label: `alertname=${rule.name}` })} className="link">
            Its alerts
          </ScreenLink>
        </li>
      ) : null}
    </>
  );
}

/** A rule that is not in a file yet. */
export function NewRulePage() {
  return (
    <Page
      wide
      title="New rule"
      heading={
        <PageHeading back={{ to: paths.rules(), label: "Rules" }} title="New alert rule">
          <li>It is tried on the past before it wakes anybody.</li>
        </PageHeading>
      }
    >
      <RuleEditor base={emptyDraft} group="my-rules" file={null} mayChooseLanguage />
    </Page>
  );
}
