import {
  getIncidentRunbook,
  getRunbook,
  listIncidentRunbooks,
  listRunbooks,
  tickRunbookStep,
} from "@seaworthy/contract";
import type { Runbook, RunbookSummary } from "@seaworthy/contract";
import type { Fault } from "../../model/index.ts";
import type { FilledRunbook, Runbooks } from "../../respond/index.ts";
import { actorOfRequest } from "../request.ts";
import type { Serve } from "./serve.ts";

const faultView = ({ file, line, path, reason }: Fault) => ({
  file,
  line,
  reason: path === "" ? reason : `${path}: ${reason}`,
});

const summaryView = (
  runbook: Omit<RunbookSummary, "steps" | "alerts"> & {
    readonly steps: readonly unknown[];
    readonly alerts?: readonly string[];
  },
): RunbookSummary => ({
  name: runbook.name,
  title: runbook.title,
  summary: runbook.summary,
  source: runbook.source,
  file: runbook.file,
  steps: runbook.steps.length,
  alerts: [...(runbook.alerts ?? [])],
});

const runbookView = (runbook: FilledRunbook): Runbook => ({
  ...summaryView(runbook),
  blocks: runbook.blocks,
  labels: [...runbook.labels],
  given: { ...runbook.given },
  done: runbook.done.map(({ step, doneAt, doneBy }) => ({
    step,
    at: doneAt.toISOString(),
    by: doneBy,
  })),
  buttons: runbook.buttons.map(({ line, name, title, values }) => ({
    line,
    action: name,
    title,
    values: { ...values },
  })),
  faults: runbook.faults.map(faultView),
});

/** Runbooks, for themselves and for an incident. */
export function serveRunbooks(serve: Serve, { runbooks }: { readonly runbooks: Runbooks }): void {
  serve(listRunbooks, async () => {
    const found = await runbooks.list();
    return {
      runbooks: found.runbooks.map(summaryView),
      faults: found.faults.map(faultView),
      folder: found.folder ?? null,
    };
  });
  serve(getRunbook, async ({ params, query }) =>
    runbookView(await runbooks.get(params.name, query)),
  );
  serve(listIncidentRunbooks, async ({ params }) => ({
    runbooks: (await runbooks.ofIncident(params.id)).map(({ runbook, done }) => ({
      ...summaryView(runbook),
      done,
    })),
  }));
  serve(getIncidentRunbook, async ({ params }) =>
    runbookView(await runbooks.forIncident(params.id, params.name)),
  );
  serve(tickRunbookStep, async ({ params, body, request }) =>
    runbookView(
      await runbooks.tick(actorOfRequest(request), params.id, params.name, params.step, body.done),
    ),
  );
}
