import {
  approveRunbookRun,
  listRunbookActions,
  listRunbookRuns,
  plannedWork,
  previewRunbookAction,
  rejectRunbookRun,
  runRunbookAction,
} from "@seaworthy/contract";
import type { RunbookAction, RunbookRun } from "@seaworthy/contract";
import type { FastifyRequest } from "fastify";
import { authorize } from "../../access/index.ts";
import type { RunbookActions, Runner } from "../../respond/index.ts";
import { operatorOf, principalOf } from "../request.ts";
import type { Serve } from "./serve.ts";

type RunRecord = Awaited<ReturnType<RunbookActions["run"]>>;

const actionView = (action: ReturnType<RunbookActions["list"]>[number]): RunbookAction => ({
  name: action.name,
  title: action.title,
  about: action.about,
  kind: action.work.kind,
  role: action.role,
  twoPerson: action.twoPerson,
  timeoutMs: action.timeoutMs,
});

const runView = (run: RunRecord): RunbookRun => ({
  id: run.id,
  incidentId: run.incidentId,
  action: run.action,
  title: run.title,
  runbook: run.runbook,
  parameters: { ...run.parameters },
  work: plannedWork.parse(run.work),
  state: run.state,
  askedAt: run.askedAt.toISOString(),
  askedBy: run.askedBy,
  expiresAt: run.expiresAt?.toISOString() ?? null,
  decidedBy: run.decidedBy,
  startedAt: run.startedAt?.toISOString() ?? null,
  endedAt: run.endedAt?.toISOString() ?? null,
  exitCode: run.exitCode,
  status: run.status,
  reason: run.reason,
  output: run.output,
});

const runnerOf = (request: FastifyRequest): Runner => ({
  ...operatorOf(request),
  isAdmin: authorize(principalOf(request), "admin"),
});

/** Steps of runbooks that are run by a button. */
export function serveRunbookRuns(
  serve: Serve,
  { runbookActions }: { readonly runbookActions: RunbookActions },
): void {
  serve(listRunbookActions, async () => ({
    actions: runbookActions.list().map(actionView),
  }));
  serve(previewRunbookAction, async ({ params, body }) => {
    const { action, parameters, refused, plan, last } = await runbookActions.preview(params.id, {
      ...body,
      action: params.action,
    });
    return {
      ...actionView(action),
      parameters: parameters.map(({ name, about, value, allowed }) => ({
        name,
        about,
        value: value ?? null,
        oneOf: allowed.kind === "one of" ? [...allowed.values] : null,
        pattern: allowed.kind === "pattern" ? allowed.source : null,
        refused: refused.find(({ parameter }) => parameter === name)?.reason ?? null,
      })),
      problems: refused
        .filter(({ parameter }) => !action.parameters.has(parameter))
        .map(({ parameter, reason }) => `${parameter} ${reason}`),
      work: plan === undefined ? null : plannedWork.parse(plan.work),
      confirm: plan?.confirm ?? null,
      confirmation: plan?.confirmation ?? null,
      last: last === undefined ? null : runView(last),
    };
  });
  serve(runRunbookAction, async ({ params, body, request }) =>
    runView(await runbookActions.run(runnerOf(request), params.id, body)),
  );
  serve(listRunbookRuns, async ({ params }) => ({
    runs: (await runbookActions.runs(params.id)).map(runView),
  }));
  serve(approveRunbookRun, async ({ params, request }) =>
    runView(await runbookActions.approve(runnerOf(request), params.id)),
  );
  serve(rejectRunbookRun, async ({ params, request }) =>
    runView(await runbookActions.reject(runnerOf(request), params.id)),
  );
}
