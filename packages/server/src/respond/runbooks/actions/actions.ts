import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { messageOf } from "../../../model/index.ts";
import type { Announce, Clock } from "../../../model/index.ts";
import { HttpSender } from "../../../route/index.ts";
import {
  addRunbookRun,
  addTimeline,
  beginRunbookRun,
  endForgottenRuns,
  endRunbookRun,
  findRunbookRun,
  lastRunbookRun,
  listRunbookRuns,
  nextForgottenRunAt,
  noteRunbookRun,
  refuseRunbookRun,
  runUnderWay,
  writeAudit,
} from "../../../store/index.ts";
import type { Records, RunbookRunRecord, RunningProcess, Tx } from "../../../store/index.ts";
import { WorkLoop } from "../../work-loop.ts";
import { RunbookError } from "../errors.ts";
import type { RunbookAction } from "./action.ts";
import type { LabelsOf, Preview, Runner, RunbookActions, WantedRun } from "./interface.ts";
import type { Outcome } from "./outcome.ts";
import { digestOf, planAction } from "./plan.ts";
import type { Plan } from "./plan.ts";
import { runCommand } from "./run-command.ts";
import { runWebhook } from "./run-webhook.ts";
import { endInWords, valuesInWords } from "./words.ts";

/** Times in milliseconds. */
const LIMITS = {
  /** How long a run waits for a second person. */
  waits: 30 * 60_000,
  /** Between two signs of life while something runs, */
  beat: 2000,
  /** and how long a server is silent until it is given up. */
  silent: 20_000,
  /** Runs of one server at a time. */
  atOnce: 10,
  listed: 50,
} as const;

const SYSTEM = "system";

interface UnderWay {
  readonly said: () => string;
  /** What the record is to say, once it has ended. */
  end: (Outcome & { readonly endedAt: Date }) | undefined;
  readonly ended: Promise<void>;
}

/** Makes the service; it runs nothing on its own. */
export function createRunbookActions(deps: {
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Logger;
  readonly announce: Announce;
  /** Of this server among those that share the records. */
  readonly server: string;
  readonly actions: readonly RunbookAction[];
  readonly labelsOf: LabelsOf;
  /** Where people reach this installation. */
  readonly externalURL: string;
}): RunbookActions {
  const { records, clock, log, announce, server, labelsOf } = deps;
  const ownProcess = randomUUID();
  const http = new HttpSender({ now: () => clock.now() });
  const stopping = new AbortController();
  const underWay = new Map<string, UnderWay>();
  let actions = new Map(deps.actions.map((action) => [action.name, action]));

  const loop = new WorkLoop({
    clock,
    log,
    failure: "runs of runbooks could not be looked after; trying again",
    work: async () => {
      for (const [id, run] of underWay) {
        if (run.end !== undefined) await remember(id, run.end);
        else await noteRunbookRun(records.db, id, { ...running(), output: run.said() });
      }
      await records.transaction(async (tx) => {
        const now = new Date(clock.now());
        const by = { now, server, process: ownProcess };
        for (const run of await endForgottenRuns(tx, by)) {
          const words =
            run.state === "expired"
              ? "nobody approved in time; it was not run"
              : "unknown: the server stopped while it ran. It is not run again";
          await noted(tx, run, SYSTEM, "runbook.run-end", words);
        }
      });
      if (underWay.size > 0) return new Date(clock.now() + LIMITS.beat);
      return nextForgottenRunAt(records.db);
    },
  });

  const running = (): RunningProcess => ({
    server,
    process: ownProcess,
    aliveUntil: new Date(clock.now() + LIMITS.silent),
  });

  function find(name: string): RunbookAction {
    const action = actions.get(name);
    if (action !== undefined) return action;
    const known = [...actions.keys()].slice(0, 10).join(", ");
    throw new RunbookError(
      "runbook_action_not_found",
      `seaworthy.yml has no action "${name}"${known === "" ? ": runbooks.actions is empty" : `; it has ${known}`}.`,
    );
  }

  function planned(action: RunbookAction, values: Readonly<Record<string, string>>): Plan {
    const answer = planAction(action, values);
    if ("plan" in answer) return answer.plan;
    throw notPlanned(action, answer.refused);
  }

  const confirmationOf = (incidentId: string, plan: Plan, last: RunbookRunRecord | undefined) =>
    digestOf([incidentId, plan.digest, last?.id ?? null]);

  function mayRun(by: Runner, action: RunbookAction): void {
    if (action.role === "member" || by.isAdmin) return;
    throw new RunbookError("runbook_action_role", `"${action.title}" is for admins only.`);
  }

  /** What happened stands in the timeline and in the audit log, and whoever watches is told. */
  async function noted(
    tx: Tx,
    run: RunbookRunRecord,
    actor: string,
    action: string,
    words: string,
  ): Promise<void> {
    const at = clock.now();
    const from = run.runbook === null ? "" : ` (runbook ${run.runbook})`;
    const text = `${run.title}${valuesInWords(run.parameters)}: ${words}${from}`;
    await addTimeline(tx, [
      { incidentId: run.incidentId, at: new Date(at), kind: "runbook_step", actor, text },
    ]);
    await writeAudit(tx, {
      at,
      actor,
      action,
      subject: run.incidentId,
      detail: {
        run: run.id,
        action: run.action,
        parameters: run.parameters,
        work: run.work,
        state: run.state,
        ...(run.exitCode === null ? {} : { exitCode: run.exitCode }),
        ...(run.status === null ? {} : { status: run.status }),
      },
    });
    records.afterCommit(tx, () => announce({ topic: "incidents", id: run.incidentId }));
  }

  /** Begins what the records say is ours. Nothing before it may fail once they say so. */
  function begin(action: RunbookAction, run: RunbookRunRecord, plan: Plan, number: number): void {
    const { work, timeoutMs, outputBytes } = action;
    let ended: Promise<Outcome>;
    let said = () => "";
    if (work.kind === "command" && plan.work.kind === "command") {
      const command = runCommand({
        argv: plan.work.argv,
        folder: work.folder,
        environment: {
          ...work.environment,
          SEAWORTHY_RUN: run.id,
          SEAWORTHY_INCIDENT: String(number),
          SEAWORTHY_INCIDENT_URL: `${deps.externalURL}/incidents/${number}`,
        },
        timeoutMs,
        outputBytes,
        signal: stopping.signal,
        clock,
      });
      ({ said, ended } = command);
    } else if (work.kind === "webhook" && plan.work.kind === "webhook") {
      ended = runWebhook(http, { id: run.id, planned: plan.work, work, timeoutMs, outputBytes });
    } else {
      throw new TypeError("a plan is of its action");
    }
    const entry: UnderWay = {
      said,
      end: undefined,
      ended: ended.then(async (outcome) => {
        const end = { ...outcome, endedAt: new Date(clock.now()) };
        entry.end = end;
        await remember(run.id, end).catch((error: unknown) => {
          log.warn(
            { reason: messageOf(error) },
            "how a run ended could not be saved; trying again",
          );
        });
      }),
    };
    underWay.set(run.id, entry);
    loop.wake();
  }

  async function remember(id: string, end: Outcome & { readonly endedAt: Date }): Promise<void> {
    await records.transaction(async (tx) => {
      const run = await endRunbookRun(tx, id, ownProcess, end);
      if (run === undefined) return;
      await noted(tx, run, run.decidedBy ?? run.askedBy, "runbook.run-end", endInWords(run));
    });
    underWay.delete(id);
  }

  async function preview(
    idOrNumber: string,
    { action: name, runbook, values: given }: Pick<WantedRun, "action" | "runbook" | "values">,
  ): Promise<Preview & { readonly incidentId: string; readonly number: number }> {
    const action = find(name);
    const { incidentId, number, labels } = await labelsOf(idOrNumber, runbook);
    const parameters = [...action.parameters].map(([parameter, spec]) => {
      const own = Object.hasOwn(given, parameter) ? given[parameter] : undefined;
      const label = spec.label === undefined ? undefined : labels[spec.label];
      return { ...spec, name: parameter, value: own ?? label ?? spec.fallback };
    });
    const values: Record<string, string> = { ...given };
    for (const { name: parameter, value } of parameters)
      if (value !== undefined) values[parameter] = value;
    const last = await lastRunbookRun(records.db, incidentId, name);
    const answer = planAction(action, values);
    const rest = { action, parameters, last, incidentId, number };
    if ("refused" in answer) return { ...rest, refused: answer.refused, plan: undefined };
    const { plan } = answer;
    const confirmation = confirmationOf(incidentId, plan, last);
    return { ...rest, refused: [], plan: { ...plan, confirmation } };
  }

  function hasRoom(): void {
    if (!stopping.signal.aborted && underWay.size < LIMITS.atOnce) return;
    throw new RunbookError(
      "runbook_run_limit",
      `This server runs ${underWay.size} actions already, or is being stopped; try again when one has ended.`,
    );
  }

  return {
    list: () => [...actions.values()],
    apply(next) {
      actions = new Map(next.map((action) => [action.name, action]));
    },
    preview,

    async run(by, idOrNumber, wanted) {
      const { action, plan, refused, last, incidentId, number } = await preview(idOrNumber, wanted);
      mayRun(by, action);
      // The same request again, for its answer was lost or a button was pressed twice.
      const known = await findRunbookRun(records.db, { confirmation: wanted.confirmation });
      if (known !== undefined && known.incidentId === incidentId && known.askedBy === by.name)
        return known;
      if (plan === undefined) throw notPlanned(action, refused);
      if (plan.confirmation !== wanted.confirmation) {
        throw new RunbookError(
          "runbook_run_changed",
          known !== undefined || last?.id !== undefined
            ? `"${action.title}" is not what you have seen any more: ${last?.decidedBy ?? last?.askedBy ?? "somebody"} has run it meanwhile, or it was configured anew. Look again.`
            : `"${action.title}" is not what you have seen any more: it was configured anew. Look again.`,
        );
      }
      if (plan.confirm !== null && wanted.confirm !== plan.confirm) {
        throw new RunbookError(
          "runbook_run_unconfirmed",
          `"${action.title}" wants to be confirmed: type ${plan.confirm}.`,
        );
      }
      if (action.twoPerson && by.personId === null) {
        throw new RunbookError(
          "runbook_run_person_required",
          `"${action.title}" needs two people, and it is not known whose token this is: sign in.`,
        );
      }
      hasRoom();
      const at = new Date(clock.now());
      const run = await records.transaction(async (tx) => {
        const added = await addRunbookRun(tx, {
          incidentId,
          action: action.name,
          title: action.title,
          runbook: wanted.runbook,
          parameters: plan.values,
          work: plan.work,
          digest: plan.digest,
          confirmation: plan.confirmation,
          askedAt: at,
          askedBy: by.name,
          personId: by.personId,
          expiresAt: action.twoPerson ? new Date(at.getTime() + LIMITS.waits) : null,
          runs: action.twoPerson ? undefined : running(),
        });
        if (added === undefined) return undefined;
        const words = action.twoPerson ? "waits for a second person" : "begun";
        await noted(tx, added, by.name, "runbook.run", words);
        return added;
      });
      if (run === undefined) {
        const other =
          (await findRunbookRun(records.db, { confirmation: plan.confirmation })) ??
          (await runUnderWay(records.db, plan.digest));
        if (other?.incidentId === incidentId && other.askedBy === by.name) return other;
        throw new RunbookError(
          "runbook_run_under_way",
          `"${action.title}" is run by ${other?.askedBy ?? "somebody"} already; it is not run twice at once.`,
        );
      }
      if (run.state === "running") begin(action, run, plan, number);
      else loop.wake();
      return run;
    },

    async approve(by, runId) {
      const run = await waiting(runId);
      const action = find(run.action);
      mayRun(by, action);
      if (!by.isPerson) {
        throw new RunbookError(
          "runbook_run_person_required",
          "A token is no second person: somebody who is signed in has to approve.",
        );
      }
      if (by.personId === run.personId) {
        throw new RunbookError(
          "runbook_run_own",
          "Nobody approves what they asked for themselves: another person has to.",
        );
      }
      const plan = planned(action, run.parameters);
      if (plan.digest !== run.digest) {
        throw new RunbookError(
          "runbook_run_changed",
          `"${action.title}" was configured anew since it was asked for. Reject it, and ask again.`,
        );
      }
      hasRoom();
      const { number } = await labelsOf(run.incidentId, run.runbook);
      const begun = await records.transaction(async (tx) => {
        const at = new Date(clock.now());
        const now = await beginRunbookRun(tx, runId, { at, decidedBy: by.name, ...running() });
        if (now === undefined) throw notWaiting(runId);
        await noted(tx, now, by.name, "runbook.run-approve", `approved by ${by.name}, begun`);
        return now;
      });
      begin(action, begun, plan, number);
      return begun;
    },

    async reject(by, runId) {
      await waiting(runId);
      return records.transaction(async (tx) => {
        const at = new Date(clock.now());
        const run = await refuseRunbookRun(tx, runId, { at, decidedBy: by.name });
        if (run === undefined) throw notWaiting(runId);
        const words = run.personId === by.personId ? "withdrawn" : "refused";
        await noted(tx, run, by.name, "runbook.run-reject", `${words}; it was not run`);
        return run;
      });
    },

    async runs(idOrNumber) {
      const { incidentId } = await labelsOf(idOrNumber, null);
      return listRunbookRuns(records.db, incidentId, LIMITS.listed);
    },

    start: () => loop.start(),
    async settle() {
      await Promise.all([...underWay.values()].map(({ ended }) => ended));
      await loop.settle();
    },
    async stop() {
      stopping.abort();
      await Promise.all([...underWay.values()].map(({ ended }) => ended));
      await loop.stop();
      await http.close();
    },
  };

  async function waiting(runId: string): Promise<RunbookRunRecord> {
    const run = await findRunbookRun(records.db, { id: runId });
    if (run?.state === "waiting") return run;
    throw notWaiting(runId);
  }
}

function notPlanned({ title }: RunbookAction, refused: Preview["refused"]): RunbookError {
  const why = refused.map(({ parameter, reason }) => `${parameter} ${reason}`).join("; ");
  return new RunbookError("runbook_action_refused", `"${title}" is not run: ${why}.`);
}

const notWaiting = (runId: string) =>
  new RunbookError(
    "runbook_run_not_waiting",
    `There is no run ${runId} that waits: it was begun, refused, or came too late.`,
  );
