import { figuresCsv, getIncidentFigures, type IncidentFigures } from "@seaworthy/contract";
import { Button } from "@mantine/core";
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { call } from "../../api/call.ts";
import { pollEvery } from "../../api/live.ts";
import { Page } from "../../app/Page.tsx";
import { paths } from "../../app/paths.ts";
import { download } from "../../elements/download.ts";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { PageHeading } from "../../elements/PageHeading.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import table from "../../elements/table.module.css";
import { daysInUrl, type LookBackChoice } from "../../time/look-back.ts";
import { LookBack } from "../../time/LookBack.tsx";
import { count, formatQuantity } from "../../values/quantity.ts";
import styles from "./Figures.module.css";
import { MonthBars } from "./MonthBars.tsx";

export const choice: LookBackChoice = {
  lengths: [30, 90, 365].map((days) => ({ days, label: `${days} days` })),
  usual: 90,
};

export const figuresQuery = (days: number) =>
  queryOptions({
    queryKey: ["incidents", "figures", days],
    queryFn: ({ signal }) => call(getIncidentFigures, { query: { days } }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: pollEvery(300_000),
  });

const time = (seconds: number | null) =>
  seconds === null ? "–" : formatQuantity(seconds, "seconds");

/** How incidents went: how long until they were seen, answered and over, and how many there were. */
export function Figures() {
  const [params] = useSearchParams();
  const days = daysInUrl(params, choice);
  const { data, error, refetch } = useQuery(figuresQuery(days));
  return (
    <Page
      title="Figures of incidents"
      heading={
        <PageHeading
          back={{ to: paths.incidents("all"), label: "Incidents" }}
          title="Figures of incidents"
          action={<LookBack choice={choice} />}
        />
      }
    >
      {data === undefined ? (
        error === null ? (
          <RowsSkeleton rows={8} />
        ) : (
          <ErrorState error={error} retry={() => void refetch()} />
        )
      ) : (
        <>
          <dl className={styles.tiles}>
            <Tile name="Incidents" value={String(data.all.incidents)} />
            <Tile name="Time to detect" value={time(data.all.mttdSeconds)} />
            <Tile name="Time to answer" value={time(data.all.mttaSeconds)} />
            <Tile name="Time to resolve" value={time(data.all.mttrSeconds)} />
            <Tile name="Repeats within 30 days" value={String(data.all.repeats)} />
            <Tile
              name="Post-mortems in 48 h"
              value={`${data.followUp.inTime} of ${data.followUp.due}`}
            />
            <Tile
              name="Actions done"
              value={`${data.followUp.actionsDone} of ${data.followUp.actions}`}
            />
          </dl>
          <SectionHeading title="Month by month" note="UTC" />
          <div className={styles.charts}>
            <MonthBars
              title="Incidents"
              bars={data.byMonth.map(({ month, incidents }) => ({
                month,
                value: incidents,
                text: count(incidents, "incident"),
              }))}
            />
            {(
              [
                ["Time to detect", "mttdSeconds"],
                ["Time to answer", "mttaSeconds"],
                ["Time to resolve", "mttrSeconds"],
              ] as const
            ).map(([title, key]) => (
              <MonthBars
                key={key}
                title={title}
                bars={data.byMonth.map((one) => ({
                  month: one.month,
                  value: one[key],
                  text: time(one[key]),
                }))}
              />
            ))}
          </div>
          <Table
            title="By severity"
            first="Severity"
            rows={data.bySeverity.map((one) => [one.severity, one] as const)}
          />
          <Table
            title="By service"
            first="Service"
            rows={data.byService.map((one) => [one.service ?? "no service", one] as const)}
          />
          <Table
            title="By month"
            first="Month"
            rows={data.byMonth.map((one) => [one.month, one] as const)}
          />
          <div className={styles.take}>
            <Button
              variant="default"
              size="xs"
              onClick={() => download("incident-figures.csv", "text/csv", figuresCsv(data))}
            >
              Save as CSV
            </Button>
            <Button
              variant="default"
              size="xs"
              onClick={() =>
                download(
                  "incident-figures.json",
                  "application/json",
                  JSON.stringify(data, undefined, 2),
                )
              }
            >
              Save as JSON
            </Button>
          </div>
        </>
      )}
    </Page>
  );
}

function Tile({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Table({
  title,
  first,
  rows,
}: {
  readonly title: string;
  /** The name of the first column. */
  readonly first: string;
  readonly rows: readonly (readonly [string, IncidentFigures])[];
}) {
  return (
    <section>
      <SectionHeading title={title} />
      {/* A table that is wider than a phone is scrolled by keyboard as well. */}
      <div className={table.scroll} role="region" aria-label={title} tabIndex={0}>
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">{first}</th>
              {["Incidents", "To detect", "To answer", "To resolve", "Repeats"].map((name) => (
                <th key={name} scope="col" className={table.number}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, row]) => (
              <tr key={name}>
                <td className={styles.name}>{name}</td>
                {[
                  String(row.incidents),
                  time(row.mttdSeconds),
                  time(row.mttaSeconds),
                  time(row.mttrSeconds),
                  String(row.repeats),
                ].map((text, place) => (
                  <td key={place} className={table.number}>
                    {text}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
