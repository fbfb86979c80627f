import type { OnCallNow, Schedule, User } from "@seaworthy/contract";
import { Button } from "@mantine/core";
import { IconCalendarTime, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useUser } from "../../api/session.ts";
import { paths } from "../../app/paths.ts";
import { Ago } from "../../elements/Ago.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { useNow } from "../../time/use-now.ts";
import { useTimeRange } from "../../time/use-time-range.ts";
import { formatInstant } from "../../values/instant.ts";
import { CalendarDialog } from "./CalendarDialog.tsx";
import { DutyTimeline } from "./DutyTimeline.tsx";
import styles from "./OnCall.module.css";
import { OverrideDialog } from "./OverrideDialog.tsx";
import {
  dutiesQuery,
  onCallQuery,
  peopleQuery,
  schedulesQuery,
  useDeleteOverride,
} from "./queries.ts";
import { twoWeeks } from "./span.ts";
import { SwapDialog } from "./SwapDialog.tsx";

/** Who is on call now, who is next, and the next two weeks of every schedule. */
export function Schedules() {
  const { data, error, refetch } = useQuery(schedulesQuery);
  const { data: now } = useQuery(onCallQuery);
  const { data: people } = useQuery(peopleQuery);
  const canChange = useUser()?.role !== "viewer";
  if (data === undefined || people === undefined)
    return error === null ? (
      <RowsSkeleton rows={6} height={56} />
    ) : (
      <ErrorState error={error} retry={() => void refetch()} />
    );
  const make = (
    <Button
      component={ScreenLink}
      to={paths.newSchedule()}
      className={styles.primary ?? ""}
      leftSection={<IconPlus size={16} stroke={1.7} aria-hidden />}
    >
      Make a schedule
    </Button>
  );
  if (data.schedules.length === 0)
    return (
      <EmptyState title="Nobody is on call yet" icon={<IconCalendarTime size={32} stroke={1.3} />}>
        <p>
          A schedule says whose turn it is; an escalation policy pages whoever is on call about an
          incident, and the next ones while nobody answers.
        </p>
        {canChange ? make : null}
      </EmptyState>
    );
  return (
    <>
      {canChange ? <div className={styles.bar}>{make}</div> : null}
      {data.schedules.map((schedule) => (
        <ScheduleSection
          key={schedule.id}
          schedule={schedule}
          present={now?.schedules.find((one) => one.schedule.id === schedule.id)}
          people={people.people}
          canChange={canChange}
        />
      ))}
    </>
  );
}

interface ScheduleSectionProps {
  readonly schedule: Schedule;
  readonly present: OnCallNow | undefined;
  readonly people: readonly User[];
  readonly canChange: boolean;
}

function ScheduleSection({ schedule, present, people, canChange }: ScheduleSectionProps) {
  const now = useNow(60_000);
  const span = twoWeeks(now);
  const { data } = useQuery(dutiesQuery(schedule.id, span.asked));
  const [dialog, setDialog] = useState<"override" | "swap" | "calendar" | null>(null);
  const close = () => setDialog(null);
  const layers = data?.layers ?? [];
  const rows = [
    { name: "On call", duties: data?.duties ?? [] },
    // With one layer and no override, the layer's own row would say the same again.
    ...(layers.length < 2 && (data?.overrides.length ?? 0) === 0
      ? []
      : layers.map((duties, place) => ({
          name: schedule.layers[place]?.name ?? "",
          duties,
        }))),
  ];
  return (
    <section className={styles.section} aria-label={`Schedule ${schedule.name}`}>
      <SectionHeading title={schedule.name} note={schedule.timeZone}>
        <div className={styles.actions}>
          {canChange ? (
            <>
              <Button size="xs" variant="default" onClick={() => setDialog("override")}>
                Override
              </Button>
              <Button size="xs" variant="default" onClick={() => setDialog("swap")}>
                Swap
              </Button>
              <Button
                size="xs"
                variant="default"
                component={ScreenLink}
                to={paths.schedule(schedule.id)}
              >
                Change
              </Button>
            </>
          ) : null}
          <Button
            size="xs"
            variant="default"
            component={ScreenLink}
            to={paths.handover(schedule.id)}
          >
            Hand-over
          </Button>
          <Button size="xs" variant="default" onClick={() => setDialog("calendar")}>
            Calendar
          </Button>
        </div>
      </SectionHeading>
      <p className={styles.fact}>{present === undefined ? " " : <Present present={present} />}</p>
      <DutyTimeline rows={rows} people={people} from={span.from} to={span.to} now={now} />
      <Overrides
        schedule={schedule}
        overrides={data?.overrides ?? []}
        people={people}
        canChange={canChange}
      />
      {dialog === "override" ? (
        <OverrideDialog schedule={schedule} people={people} close={close} />
      ) : null}
      {dialog === "swap" ? <SwapDialog schedule={schedule} people={people} close={close} /> : null}
      {dialog === "calendar" ? <CalendarDialog schedule={schedule} close={close} /> : null}
    </section>
  );
}

function Present({ present: { now, next } }: { readonly present: OnCallNow }) {
  const isSeamless = now !== null && now.until !== null && now.until === next?.from;
  return (
    <>
      {now === null ? (
        <span className={styles.nobody}>Nobody is on call</span>
      ) : (
        <>
          <strong>{now.person.name}</strong> is on call
        </>
      )}
      <span className={styles.muted}>
        {now === null || now.until === null || isSeamless ? null : (
          <>
            ; nobody is from <Ago at={now.until} /> on
          </>
        )}
        {next === null ? null : (
          <>
            ; {next.person.name} takes over <Ago at={next.from} />
          </>
        )}
      </span>
    </>
  );
}

interface OverridesProps {
  readonly schedule: Schedule;
  readonly overrides: readonly {
    readonly id: string;
    readonly personId: string;
    readonly from: string;
    readonly to: string;
    readonly createdBy: string;
  }[];
  readonly people: readonly User[];
  readonly canChange: boolean;
}

function Overrides({ schedule, overrides, people, canChange }: OverridesProps) {
  const { zone } = useTimeRange();
  const remove = useDeleteOverride();
  if (overrides.length === 0) return null;
  const nameOf = (id: string) => people.find((one) => one.id === id)?.name ?? "Somebody";
  return (
    <ul className={styles.list} aria-label={`Overrides of ${schedule.name}`}>
      {overrides.map((override) => (
        <li key={override.id} className={styles.item}>
          <span className={styles.what}>
            <span>
              <span className={styles.strong}>{nameOf(override.personId)}</span> takes over from{" "}
              {formatInstant(Date.parse(override.from), zone)} to{" "}
              {formatInstant(Date.parse(override.to), zone)}
            </span>
            <span className={styles.muted}>made by {override.createdBy}</span>
          </span>
          {canChange ? (
            <Button
              size="xs"
              variant="default"
              loading={remove.isPending}
              aria-label={`Remove the override of ${nameOf(override.personId)}`}
              onClick={() => remove.mutate({ params: { id: schedule.id, override: override.id } })}
            >
              Remove
            </Button>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
