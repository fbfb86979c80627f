import type { Handover, Schedule } from "@seaworthy/contract";
import { Button, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useParams } from "react-router";
import { useUser } from "../../api/session.ts";
import { paths } from "../../app/paths.ts";
import { Ago } from "../../elements/Ago.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { SeverityMark } from "../../elements/SeverityMark.tsx";
import { FormError } from "../sign-in/FormError.tsx";
import { EditPage } from "./EditPage.tsx";
import styles from "./OnCall.module.css";
import { handoverQuery, schedulesQuery, useLeaveNote } from "./queries.ts";

/** What whoever comes on duty should know: the notes and the incidents since the shift before. */
export function HandoverPage() {
  const { id = "" } = useParams();
  const { data: schedules, error, refetch } = useQuery(schedulesQuery);
  const schedule = schedules?.schedules.find((one) => one.id === id);
  const { data: handover } = useQuery({ ...handoverQuery(id), enabled: schedule !== undefined });
  const isMissing = schedules !== undefined && schedule === undefined;
  return (
    <EditPage
      title={schedule === undefined ? "Hand-over" : `Hand-over of ${schedule.name}`}
      back={{ to: paths.onCall(), label: "On-call schedules" }}
      state={isMissing ? "missing" : handover === undefined ? "loading" : "ready"}
      error={error}
      retry={() => void refetch()}
      words={{ one: "schedule", all: "schedules" }}
    >
      {schedule === undefined || handover === undefined ? null : (
        <HandoverView schedule={schedule} handover={handover} />
      )}
    </EditPage>
  );
}

interface HandoverViewProps {
  readonly schedule: Schedule;
  readonly handover: Handover;
}

function HandoverView({ schedule, handover }: HandoverViewProps) {
  const { present, previous, notes, incidents } = handover;
  const canWrite = useUser()?.role !== "viewer";
  return (
    <>
      <p className={styles.fact}>
        {present === null ? (
          <span className={styles.nobody}>Nobody is on call</span>
        ) : (
          <>
            <strong>{present.person.name}</strong> is on call
          </>
        )}
        <span className={styles.muted}>
          {previous === null ? null : (
            <>
              ; {previous.person.name} was until <Ago at={previous.to} />
            </>
          )}
          {present === null ? null : (
            <>
              ; handed over <Ago at={present.to} />
            </>
          )}
        </span>
      </p>
      <section className={styles.section}>
        <SectionHeading title="Notes" />
        {canWrite ? <NoteForm scheduleId={schedule.id} /> : null}
        {notes.length === 0 ? (
          <p className={styles.fact}>
            <span className={styles.muted}>No notes since the shift before.</span>
          </p>
        ) : (
          <ul className={styles.list} aria-label="Notes">
            {notes.map((note) => (
              <li key={note.id} className={styles.item}>
                <span className={styles.what}>
                  <span className={styles.written}>{note.text}</span>
                  <span className={styles.muted}>
                    {note.author}, <Ago at={note.at} />
                  </span>
                </span>
              </li>
            ))}
          </ul>
        )}
      </section>
      <section className={styles.section}>
        <SectionHeading
          title="Incidents"
          note={
            <>
              since <Ago at={handover.since} />
            </>
          }
        />
        {incidents.length === 0 ? (
          <p className={styles.fact}>
            <span className={styles.muted}>No incident was open.</span>
          </p>
        ) : (
          <ul className={styles.list} aria-label="Incidents">
            {incidents.map((incident) => (
              <li key={incident.number} className={styles.item}>
                <span className={styles.what}>
                  <ScreenLink to={paths.incident(incident.number)} className={styles.strong}>
                    #{incident.number} {incident.title}
                  </ScreenLink>
                  <span className={styles.muted}>
                    <SeverityMark severity={incident.severity} /> {incident.state}, opened{" "}
                    <Ago at={incident.openedAt} />
                  </span>
                </span>
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  );
}

function NoteForm({ scheduleId }: { readonly scheduleId: string }) {
  const [text, setText] = useState("");
  const leave = useLeaveNote();
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        const body = { text: text.trim() };
        leave.mutate({ params: { id: scheduleId }, body }, { onSuccess: () => setText("") });
      }}
    >
      {leave.error === null ? null : <FormError error={leave.error} />}
      <Textarea
        label="Leave a note to whoever is next"
        placeholder="What is half done, what to watch, what can wait?"
        autosize
        minRows={2}
        maxRows={12}
        maxLength={10_000}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className={styles.end}>
        <Button type="submit" loading={leave.isPending} disabled={text.trim() === ""}>
          Leave the note
        </Button>
      </div>
    </form>
  );
}
