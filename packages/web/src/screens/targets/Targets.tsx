import { SegmentedControl } from "@mantine/core";
import { IconRadar2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { Target } from "../../api/prometheus.ts";
import { Page } from "../../app/Page.tsx";
import { Ago } from "../../elements/Ago.tsx";
import { Command } from "../../elements/Command.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { LabelList } from "../../elements/LabelList.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import table from "../../elements/table.module.css";
import { formatQuantity } from "../../values/quantity.ts";
import { targetsQuery } from "./queries.ts";
import styles from "./Targets.module.css";
import { useAddress } from "../../app/use-address.ts";

const sample = `scrape_configs:
  - job_name: shop
    static_configs:
      - targets: ["127.0.0.1:3000"]`;

function byJob(targets: readonly Target[]): [string, Target[]][] {
  const jobs = new Map<string, Target[]>();
  for (const target of targets) {
    const job = jobs.get(target.scrapePool);
    if (job === undefined) jobs.set(target.scrapePool, [target]);
    else job.push(target);
  }
  return [...jobs].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** What is scraped, by job: whether it answers, how fast, and if not, why. */
export function Targets() {
  const [params, setParams] = useAddress();
  const onlyDown = params.get("health") === "down";
  const { data, error, refetch } = useQuery(targetsQuery);
  const down = (data ?? []).filter((target) => target.health === "down").length;
  return (
    <Page
      title="Targets"
      actions={
        data === undefined || data.length === 0 ? undefined : (
          <SegmentedControl
            size="sm"
            aria-label="Show"
            data={[
              { value: "all", label: `All ${data.length}` },
              { value: "down", label: `Down ${down}` },
            ]}
            value={onlyDown ? "down" : "all"}
            onChange={(value) => setParams({ health: value === "down" ? value : null })}
          />
        )
      }
    >
      {data === undefined ? (
        error === null ? (
          <RowsSkeleton rows={6} />
        ) : (
          <ErrorState error={error} retry={() => void refetch()} />
        )
      ) : data.length === 0 ? (
        <EmptyState title="No targets yet" icon={<IconRadar2 size={32} stroke={1.3} />}>
          <p>Say in prometheus.yml what to scrape, then have it read again.</p>
          <Command label="Scrape configuration" text={sample} />
        </EmptyState>
      ) : onlyDown && down === 0 ? (
        <EmptyState title="Every target answers" />
      ) : (
        byJob(onlyDown ? data.filter((target) => target.health === "down") : data).map(
          ([job, targets]) => <Job key={job} job={job} targets={targets} />,
        )
      )}
    </Page>
  );
}

function Job({ job, targets }: { readonly job: string; readonly targets: readonly Target[] }) {
  const up = targets.filter((target) => target.health === "up").length;
  return (
    <section aria-label={`Job ${job}`}>
      <SectionHeading title={job} note={`${up} of ${targets.length} up`} />
      <table className={`${table.table} ${styles.targets}`}>
        <thead>
          <tr>
            <th scope="col">Health</th>
            <th scope="col">Endpoint</th>
            <th scope="col">Labels</th>
            <th scope="col" className={table.number}>
              Took
            </th>
            <th scope="col" className={table.number}>
              Last scrape
            </th>
          </tr>
        </thead>
        <tbody>
          {targets.map((target) => (
            <tr key={`${target.scrapeUrl} ${JSON.stringify(target.labels)}`}>
              <td>
                <StateMark state={target.health} />
              </td>
              <td className={table.code}>
                {target.scrapeUrl}
                {target.lastError === "" ? null : (
                  <p className={styles.error}>{target.lastError}</p>
                )}
              </td>
              <td>
                <LabelList labels={target.labels} without={["job"]} />
              </td>
              <td className={table.number}>
                {formatQuantity(target.lastScrapeDuration, "seconds")}
              </td>
              <td className={table.number}>
                {target.lastScrape.startsWith("0001-") ? "never" : <Ago at={target.lastScrape} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
