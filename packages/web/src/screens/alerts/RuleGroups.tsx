import { TextInput } from "@mantine/core";
import { IconFilter, IconListCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import type { Rule, RuleGroup } from "../../api/prometheus.ts";
import { paths } from "../../app/paths.ts";
import { Ago } from "../../elements/Ago.tsx";
import { Command } from "../../elements/Command.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import table from "../../elements/table.module.css";
import { formatQuantity } from "../../values/quantity.ts";
import styles from "./RuleGroups.module.css";
import { ruleGroupsQuery } from "./queries.ts";

const sample = `# in prometheus.yml
rule_files:
  - rules/*.yml`;

/** The rule groups: whether they are evaluated, when last, and what each rule says. */
export function RuleGroups() {
  const [params, setParams] = useSearchParams();
  const filter = params.get("rule") ?? "";
  const { data, error, refetch } = useQuery(ruleGroupsQuery);
  if (data === undefined)
    return error === null ? (
      <RowsSkeleton rows={8} />
    ) : (
      <ErrorState error={error} retry={() => void refetch()} />
    );
  if (data.length === 0)
    return (
      <EmptyState title="No rules yet" icon={<IconListCheck size={32} stroke={1.3} />}>
        <p>
          Rules come from the rule files that prometheus.yml names. Add some and have it read again.
        </p>
        <Command label="Rule files" text={sample} />
      </EmptyState>
    );
  const wanted = filter.trim().toLowerCase();
  const groups = data
    .map((group) => ({
      ...group,
      rules: group.rules.filter((rule) =>
        `${rule.name} ${rule.query}`.toLowerCase().includes(wanted),
      ),
    }))
    .filter((group) => group.rules.length > 0);
  return (
    <>
      <TextInput
        aria-label="Filter rules"
        placeholder="Filter by name or expression"
        className={styles.filter}
        leftSection={<IconFilter size={16} stroke={1.6} aria-hidden />}
        value={filter}
        onChange={(event) => {
          const value = event.currentTarget.value;
          setParams(
            (old) => {
              const next = new URLSearchParams(old);
              if (value === "") next.delete("rule");
              else next.set("rule", value);
              return next;
            },
            { replace: true },
          );
        }}
      />
      {groups.length === 0 ? <EmptyState title="No rule matches the filter" /> : null}
      {groups.map((group) => (
        <Group key={`${group.file} ${group.name}`} group={group} />
      ))}
    </>
  );
}

function Group({ group }: { readonly group: RuleGroup }) {
  return (
    <section aria-label={`Rule group ${group.name}`}>
      <SectionHeading
        title={group.name}
        note={`every ${formatQuantity(group.interval, "seconds")} · ${group.file.split("/").at(-1)}`}
      >
        <span className={styles.last}>
          {isKnown(group.lastEvaluation) ? (
            <>
              evaluated <Ago at={group.lastEvaluation} /> in{" "}
              {formatQuantity(group.evaluationTime, "seconds")}
            </>
          ) : (
            "not evaluated yet"
          )}
        </span>
      </SectionHeading>
      <table className={`${table.table} ${styles.rules}`}>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Rule</th>
            <th scope="col">Expression</th>
            <th scope="col" className={table.number}>
              For
            </th>
          </tr>
        </thead>
        <tbody>
          {group.rules.map((rule) => (
            <RuleRow
              key={`${rule.type} ${rule.name} ${rule.query} ${JSON.stringify(rule.labels)}`}
              rule={rule}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Go's zero time stands for "never". */
function isKnown(instant: string | undefined): instant is string {
  return instant !== undefined && !instant.startsWith("0001-");
}

function RuleRow({ rule }: { readonly rule: Rule }) {
  return (
    <tr>
      <td>
        {rule.health === "err" ? (
          <StateMark state="failed" word="Error" />
        ) : rule.type === "recording" ? (
          <StateMark state="clear" word="Recording" />
        ) : (
          <StateMark state={rule.state ?? "inactive"} />
        )}
      </td>
      <td className={styles.name}>
        {rule.name}
        {rule.lastError ? <p className={styles.error}>{rule.lastError}</p> : null}
      </td>
      <td className={table.code}>
        <ScreenLink
          to={paths.explore([rule.query])}
          className={styles.query}
          title="Explore this query"
        >
          {rule.query}
        </ScreenLink>
      </td>
      <td className={table.number}>
        {rule.duration ? formatQuantity(rule.duration, "seconds") : "–"}
      </td>
    </tr>
  );
}
