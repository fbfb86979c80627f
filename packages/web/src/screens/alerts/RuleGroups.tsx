import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { IconFilter, IconListCheck, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { Rule, RuleGroup } from "../../api/prometheus.ts";
import { paths } from "../../app/paths.ts";
import { Ago } from "../../elements/Ago.tsx";
import { Command } from "../../elements/Command.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { useRowKeys } from "../../elements/use-row-keys.ts";
import table from "../../elements/table.module.css";
import { formatQuantity } from "../../values/quantity.ts";
import { languageNames } from "../../values/language.ts";
import styles from "./RuleGroups.module.css";
import { ruleGroupsQuery } from "./queries.ts";
import { UnusedRules } from "./UnusedRules.tsx";
import { isActive, isKnownInstant, RuleState } from "./RuleState.tsx";
import { useAddress } from "../../app/use-address.ts";

const sample = `# in prometheus.yml
rule_files:
  - rules/*.yml`;

/** The rule groups: whether they are evaluated, when last, and what each rule says. */
export function RuleGroups() {
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
        <ScreenLink to={paths.newRule()} className="link">
          Write a rule
        </ScreenLink>
      </EmptyState>
    );
  return <Listed all={data} />;
}

/** What the list can be narrowed to. */
const narrowings = [
  { value: "all", label: "All" },
  { value: "active", label: "Active" },
  { value: "errors", label: "Errors" },
  { value: "unused", label: "Unused" },
] as const;

function fits(rule: Rule, show: string): boolean {
  if (show === "active") return isActive(rule);
  return show !== "errors" || rule.health === "err";
}

function Listed({ all }: { readonly all: readonly RuleGroup[] }) {
  const [params, setParams] = useAddress();
  const filter = params.get("rule") ?? "";
  const show = params.get("show") ?? "all";
  const list = useRowKeys<HTMLDivElement>();
  const wanted = filter.trim().toLowerCase();
  const groups = all
    .map((group) => ({
      group,
      rules: placed(group.rules).filter(
        ({ rule }) =>
          fits(rule, show) && `${rule.name} ${rule.query}`.toLowerCase().includes(wanted),
      ),
    }))
    .filter(({ rules }) => rules.length > 0);
  const change = (name: string, value: string) =>
    setParams({ [name]: value === "all" ? null : value || null });
  return (
    <div ref={list}>
      <div className={styles.bar}>
        <TextInput
          aria-label="Filter rules"
          placeholder="Filter by name or expression"
          className={styles.filter}
          leftSection={<IconFilter size={16} stroke={1.6} aria-hidden />}
          value={filter}
          onChange={(event) => change("rule", event.currentTarget.value)}
        />
        <SegmentedControl
          size="sm"
          aria-label="Show"
          data={[...narrowings]}
          value={show}
          onChange={(value) => change("show", value)}
        />
        <Button
          className={styles.new}
          component={ScreenLink}
          to={paths.newRule()}
          leftSection={<IconPlus size={16} aria-hidden />}
        >
          New rule
        </Button>
      </div>
      {show === "unused" ? (
        <UnusedRules filter={filter} />
      ) : groups.length === 0 ? (
        <EmptyState
          title={
            filter !== ""
              ? "No rule matches the filter"
              : show === "errors"
                ? "Every rule can be evaluated"
                : "No rule is pending or firing"
          }
        />
      ) : (
        groups.map(({ group, rules }) => (
          <Group key={`${group.file} ${group.name}`} group={group} rules={rules} />
        ))
      )}
    </div>
  );
}

/** A rule with its place among those of its group that have the same name. */
interface PlacedRule {
  readonly rule: Rule;
  readonly place: number;
}

function placed(rules: readonly Rule[]): readonly PlacedRule[] {
  const seen = new Map<string, number>();
  return rules.map((rule) => {
    const place = seen.get(rule.name) ?? 0;
    seen.set(rule.name, place + 1);
    return { rule, place };
  });
}

interface GroupProps {
  readonly group: RuleGroup;
  readonly rules: readonly PlacedRule[];
}

function Group({ group, rules }: GroupProps) {
  return (
    <section aria-label={`Rule group ${group.name}`}>
      <SectionHeading
        title={group.name}
        note={[
          `every ${formatQuantity(group.interval, "seconds")}`,
          group.file.split("/").at(-1),
          ...(group.language === undefined ? [] : [languageNames[group.language]]),
        ].join(" · ")}
      >
        <span className={styles.last}>
          {isKnownInstant(group.lastEvaluation) ? (
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
            <th scope="col" className={table.number}>
              Took
            </th>
          </tr>
        </thead>
        <tbody>
          {rules.map(({ rule, place }) => (
            <RuleRow
              key={`${rule.type} ${rule.name} ${place}`}
              rule={rule}
              path={paths.rule(group.name, rule.name, place)}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function RuleRow({ rule, path }: { readonly rule: Rule; readonly path: string }) {
  return (
    <tr>
      <td>
        <RuleState rule={rule} />
      </td>
      <td className={styles.name}>
        <ScreenLink to={path} data-row className={styles.link}>
          {rule.name}
        </ScreenLink>
        {rule.lastError ? <p className={styles.error}>{rule.lastError}</p> : null}
      </td>
      <td className={table.code}>
        <span className={styles.query}>{rule.query}</span>
      </td>
      <td className={table.number}>
        {rule.duration ? formatQuantity(rule.duration, "seconds") : "–"}
      </td>
      <td className={table.number}>
        {isKnownInstant(rule.lastEvaluation) ? (
          <span className={table.muted}>{formatQuantity(rule.evaluationTime, "seconds")}</span>
        ) : (
          "–"
        )}
      </td>
    </tr>
  );
}
