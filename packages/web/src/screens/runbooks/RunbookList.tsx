import type { RunbookSummary } from "@seaworthy/contract";
import { TextInput } from "@mantine/core";
import { IconBook } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Page } from "../../app/Page.tsx";
import { paths } from "../../app/paths.ts";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { count } from "../../values/quantity.ts";
import { runbooksQuery } from "./queries.ts";
import styles from "./Runbooks.module.css";
import { useAddress } from "../../app/use-address.ts";

const fits = (search: string) => (runbook: RunbookSummary) => {
  const all = [runbook.title, runbook.name, runbook.summary, ...runbook.alerts].join(" ");
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.toLowerCase().includes(word));
};

/** What to do about each fault. */
export function RunbookList() {
  const [params, setParams] = useAddress();
  const { data, error, refetch } = useQuery(runbooksQuery);
  const search = params.get("search") ?? "";
  if (data === undefined)
    return (
      <Page title="Runbooks">
        {error === null ? (
          <RowsSkeleton rows={10} height={52} />
        ) : (
          <ErrorState error={error} retry={() => void refetch()} />
        )}
      </Page>
    );
  const found = data.runbooks.filter(fits(search));
  return (
    <Page
      title="Runbooks"
      actions={
        <TextInput
          aria-label="Search runbooks"
          placeholder="Search"
          value={search}
          onChange={({ currentTarget: { value } }) => setParams({ search: value || null })}
        />
      }
    >
      <Faults faults={data.faults} />
      {found.length === 0 ? (
        <EmptyState title="No runbook fits" icon={<IconBook size={32} stroke={1.3} />}>
          <p>Names, titles, first sentences and alerts are searched.</p>
        </EmptyState>
      ) : (
        <ul className={styles.list} aria-label="Runbooks">
          {found.map((runbook) => (
            <li key={runbook.name}>
              <ScreenLink to={paths.runbook(runbook.name)} className={styles.row} data-row>
                <span className={styles.title}>
                  {runbook.title}
                  {runbook.source === "own" ? <span className={styles.own}>yours</span> : null}
                </span>
                <span className={styles.summary}>{runbook.summary}</span>
                <span className={styles.facts}>
                  {runbook.alerts.length === 0
                    ? "no alert leads here"
                    : count(runbook.alerts.length, "alert")}
                  {" · "}
                  {count(runbook.steps, "step")}
                </span>
              </ScreenLink>
            </li>
          ))}
        </ul>
      )}
      <p className={styles.where}>
        {data.folder === null
          ? "Put your own beside them: name a folder of Markdown files as runbooks.folder in seaworthy.yml."
          : `Yours are read from ${data.folder}.`}
      </p>
    </Page>
  );
}

/** What is wrong with files of runbooks. */
export function Faults({
  faults,
}: {
  readonly faults: readonly {
    readonly file: string;
    readonly line: number;
    readonly reason: string;
  }[];
}) {
  if (faults.length === 0) return null;
  return (
    <section aria-label="Faults" className={styles.faults}>
      <SectionHeading title={count(faults.length, "fault")} />
      <ul>
        {faults.map((fault) => (
          <li key={`${fault.file} ${fault.line} ${fault.reason}`}>
            <code>
              {fault.file}:{fault.line}
            </code>{" "}
            {fault.reason}
          </li>
        ))}
      </ul>
    </section>
  );
}
