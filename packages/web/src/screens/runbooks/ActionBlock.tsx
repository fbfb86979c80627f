import type { Runbook, RunbookRun } from "@seaworthy/contract";
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useUser } from "../../api/session.ts";
import { Ago } from "../../elements/Ago.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import type { State } from "../../elements/StateMark.tsx";
import { personName } from "../incidents/owner.ts";
import { FormError } from "../sign-in/FormError.tsx";
import styles from "./Actions.module.css";
import { PlannedWork } from "./PlannedWork.tsx";
import { runbookRunsQuery, useApproveRun, useRejectRun } from "./run-queries.ts";
import { RunDialog } from "./RunDialog.tsx";

/** Runs of one action that are shown below its button. */
const shown = 3;

interface ActionBlockProps {
  readonly button: Runbook["buttons"][number];
  readonly runbook: string;
  /** The incident that it is run for; on a runbook's own page there is none. */
  readonly incident: string | undefined;
}

/** A step that is run by a button, and what became of it. */
export function ActionBlock({ button, runbook, incident }: ActionBlockProps) {
  const { action, title, values } = button;
  if (title === null)
    return (
      <p className={styles.muted}>
        No button: seaworthy.yml has no action <code>{action}</code>.
      </p>
    );
  if (incident === undefined)
    return (
      <p className={styles.muted}>
        <strong>{title}</strong>: a button in an incident.
      </p>
    );
  return (
    <OfIncident
      title={title}
      action={action}
      values={values}
      runbook={runbook}
      incident={incident}
    />
  );
}

interface OfIncidentProps {
  readonly title: string;
  readonly action: string;
  readonly values: Readonly<Record<string, string>>;
  readonly runbook: string;
  readonly incident: string;
}

function OfIncident({ title, action, values, runbook, incident }: OfIncidentProps) {
  const [isOpen, setOpen] = useState(false);
  const user = useUser();
  const mayRun = user !== null && user.role !== "viewer";
  const { data } = useQuery(runbookRunsQuery(incident));
  const runs = (data?.runs ?? []).filter((run) => run.action === action).slice(0, shown);
  const isUnderWay = runs.some(({ state }) => state === "running" || state === "waiting");
  return (
    <section className={styles.action} aria-label={title}>
      <div className={styles.head}>
        <Button
          size="xs"
          variant="default"
          disabled={!mayRun || isUnderWay}
          onClick={() => setOpen(true)}
        >
          {title}…
        </Button>
        <span className={styles.muted}>
          {Object.entries(values)
            .map(([name, value]) => `${name} ${value}`)
            .join(", ")}
        </span>
      </div>
      {runs.length === 0 ? null : (
        <ul className={styles.runs} aria-label={`Runs of ${title}`}>
          {runs.map((run) => (
            <Run key={run.id} run={run} />
          ))}
        </ul>
      )}
      {isOpen ? (
        <RunDialog
          title={title}
          incident={incident}
          runbook={runbook}
          action={action}
          given={values}
          close={() => setOpen(false)}
        />
      ) : null}
    </section>
  );
}

const looks: Readonly<Record<RunbookRun["state"], readonly [State, string]>> = {
  waiting: ["waiting", "Waits for a second person"],
  running: ["pending", "Running"],
  succeeded: ["clear", "Succeeded"],
  failed: ["failed", "Failed"],
  unknown: ["unknown", "Unknown: the server stopped while it ran"],
  refused: ["silenced", "Refused"],
  expired: ["silenced", "Nobody approved in time"],
};

function Run({ run }: { readonly run: RunbookRun }) {
  const [state, word] = looks[run.state];
  const facts = [
    ...(run.exitCode === null ? [] : [`exit code ${run.exitCode}`]),
    ...(run.status === null ? [] : [`status ${run.status}`]),
    ...tookOf(run),
  ];
  return (
    <li className={styles.run}>
      <p className={styles.line}>
        <StateMark state={state} word={word} />
        <span className={styles.muted}>
          {facts.map((fact) => `${fact}, `)}
          {personName(run.askedBy)}
          {run.decidedBy === null ? "" : ` and ${personName(run.decidedBy)}`}{" "}
          <Ago at={run.askedAt} />
        </span>
      </p>
      {run.reason === null ? null : <p className={styles.muted}>{run.reason}.</p>}
      {run.state === "unknown" ? (
        <p className={styles.muted}>
          It may have been done in part or whole. Look before you run it again.
        </p>
      ) : null}
      {run.state === "waiting" ? <Decide run={run} /> : null}
      {run.output === "" ? null : (
        <details open={run.state === "running" || run.state === "failed"}>
          <summary>The end of its output</summary>
          <pre className={styles.output} tabIndex={0} aria-label="Output">
            {run.output}
          </pre>
        </details>
      )}
    </li>
  );
}

function tookOf({ startedAt, endedAt }: RunbookRun): readonly string[] {
  if (startedAt === null || endedAt === null) return [];
  const ms = Date.parse(endedAt) - Date.parse(startedAt);
  return [ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`];
}

/** What another person asked for is approved or refused; one's own is withdrawn. */
function Decide({ run }: { readonly run: RunbookRun }) {
  const me = useUser();
  const approve = useApproveRun();
  const reject = useRejectRun();
  if (me === null || me.role === "viewer") return null;
  const isOwn = me.email === run.askedBy;
  const isBusy = approve.isPending || reject.isPending;
  const error = approve.error ?? reject.error;
  const input = { params: { id: run.id } };
  return (
    <>
      {error === null ? null : <FormError error={error} />}
      <PlannedWork work={run.work} />
      <div className={styles.head}>
        {isOwn ? null : (
          <Button
            size="xs"
            aria-label={`Approve ${run.title}`}
            loading={approve.isPending}
            disabled={isBusy}
            onClick={() => approve.mutate(input)}
          >
            Approve and run
          </Button>
        )}
        <Button
          size="xs"
          variant="default"
          aria-label={`${isOwn ? "Withdraw" : "Refuse"} ${run.title}`}
          loading={reject.isPending}
          disabled={isBusy}
          onClick={() => reject.mutate(input)}
        >
          {isOwn ? "Withdraw" : "Refuse"}
        </Button>
      </div>
    </>
  );
}
