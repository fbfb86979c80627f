import type { Incident } from "@seaworthy/contract";
import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useUser } from "../../api/session.ts";
import { paths } from "../../app/paths.ts";
import { stepped } from "../../charts/use-moving-span.ts";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { resolveRange } from "../../time/time-range.ts";
import { useNow } from "../../time/use-now.ts";
import { useTimeRange } from "../../time/use-time-range.ts";
import { incidentMarks, spanAround } from "../incidents/span-around.ts";
import { incidentRunbookQuery, incidentRunbooksQuery, runbooksQuery, useTick } from "./queries.ts";
import { RunbookBody } from "./RunbookBody.tsx";
import { Faults } from "./RunbookList.tsx";
import styles from "./Runbooks.module.css";
import { useAddress } from "../../app/use-address.ts";

/** What to do now: the runbook of the incident's alert, or the one that was chosen. */
export function IncidentRunbooks({ incident }: { readonly incident: Incident }) {
  const [params, setParams] = useAddress();
  const { data: own } = useQuery(incidentRunbooksQuery(incident.id));
  const { data: all } = useQuery(runbooksQuery);
  const name = params.get("runbook") ?? own?.runbooks[0]?.name ?? null;
  const ownNames = new Set(own?.runbooks.map((runbook) => runbook.name));
  const choices = [
    {
      group: "Of its alerts",
      items: (own?.runbooks ?? []).map(({ name, title, done, steps }) => ({
        value: name,
        label: steps === 0 ? title : `${title} (${done} of ${steps})`,
      })),
    },
    {
      group: "Others",
      items: (all?.runbooks ?? [])
        .filter((runbook) => !ownNames.has(runbook.name))
        .map(({ name, title }) => ({ value: name, label: title })),
    },
  ];
  const progress = own?.runbooks.find((runbook) => runbook.name === name);
  return (
    <section aria-label="Runbook" className={styles.ofIncident}>
      <SectionHeading
        title="Runbook"
        note={
          progress === undefined || progress.steps === 0
            ? undefined
            : `${progress.done} of ${progress.steps} steps done`
        }
      >
        <Select
          size="xs"
          w={260}
          aria-label="Runbook"
          placeholder="Choose a runbook"
          searchable
          data={choices}
          value={name}
          onChange={(chosen) => setParams({ runbook: chosen })}
        />
      </SectionHeading>
      {name === null ? (
        own === undefined ? (
          <RowsSkeleton rows={4} />
        ) : (
          <p className={styles.missing}>No alert of this incident leads to a runbook.</p>
        )
      ) : (
        <RunbookOf key={name} incident={incident} name={name} />
      )}
    </section>
  );
}

function RunbookOf({ incident, name }: { readonly incident: Incident; readonly name: string }) {
  const { range, isChosen } = useTimeRange();
  const now = useNow(15_000);
  const canAct = useUser()?.role !== "viewer";
  const tick = useTick(incident.id, name);
  const { data, error, refetch } = useQuery(incidentRunbookQuery(incident.id, name));
  const { openedAt, acknowledgedAt, resolvedAt } = incident;
  const { span, step } = useMemo(
    () => stepped(isChosen ? resolveRange(range, now) : spanAround({ openedAt, resolvedAt }, now)),
    [isChosen, range, openedAt, resolvedAt, now],
  );
  const marks = useMemo(
    () => incidentMarks({ openedAt, acknowledgedAt, resolvedAt }),
    [openedAt, acknowledgedAt, resolvedAt],
  );
  if (data === undefined)
    return error === null ? (
      <RowsSkeleton rows={6} />
    ) : (
      <ErrorState error={error} retry={() => void refetch()} />
    );
  return (
    <>
      <h3 className={styles.name}>
        <ScreenLink to={paths.runbook(name)} keepRange={false} className="link">
          {data.title}
        </ScreenLink>
      </h3>
      <Faults faults={data.faults} />
      <RunbookBody
        runbook={data}
        incident={incident.id}
        level={3}
        span={span}
        step={step}
        marks={marks}
        tick={canAct ? (step, done) => tick.mutate({ step, done }) : undefined}
      />
    </>
  );
}
