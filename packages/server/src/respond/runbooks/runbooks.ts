import type { Announce, Clock, Fault, Labels, MarkdownBlock } from "../../model/index.ts";
import { addTimeline, doneSteps, tickStep, untickStep, writeAudit } from "../../store/index.ts";
import type { DoneStepRecord, Records } from "../../store/index.ts";
import type { IncidentDetail } from "../incidents/desk.ts";
import type { Incidents } from "../incidents/incidents.ts";
import { RunbookError } from "./errors.ts";
import type { ActionBlock } from "./actions/block.ts";
import { fill, fillBlocks } from "./placeholders.ts";
import type { Given } from "./placeholders.ts";
import { runbookShelf } from "./shelf.ts";
import type { ShelvedRunbook } from "./shelf.ts";
import type { CheckQuery } from "./runbook.ts";

/** A runbook with its placeholders filled in. */
export interface FilledRunbook extends ShelvedRunbook {
  /** Alerting rules that lead to it. */
  readonly alerts: readonly string[];
  /** What is wrong with its file. */
  readonly faults: readonly Fault[];
  /** What was filled in. */
  readonly given: Labels;
  /** What has been done, where it is read for an incident. */
  readonly done: readonly DoneStepRecord[];
  /** Its buttons; the title of one that the configuration has, null of another. */
  readonly buttons: readonly (ActionBlock & { readonly title: string | null })[];
}

/** A runbook that an incident's alerts lead to. */
export interface RunbookOfIncident {
  readonly runbook: ShelvedRunbook;
  readonly done: number;
}

/** Runbooks: read from files, filled in for an incident, their steps ticked off. */
export interface Runbooks {
  list(): Promise<{
    readonly runbooks: readonly (ShelvedRunbook & { readonly alerts: readonly string[] })[];
    readonly faults: readonly Fault[];
    /** The configured folder, if there is one. */
    readonly folder: string | undefined;
  }>;
  /** With these labels filled in. Throws `runbook_not_found`. */
  get(name: string, labels: Labels): Promise<FilledRunbook>;
  /** What an incident's alerts lead to, the most urgent alert's first. Throws `incident_not_found`. */
  ofIncident(idOrNumber: string): Promise<readonly RunbookOfIncident[]>;
  /** With the incident's labels and facts filled in, and what has been done. */
  forIncident(idOrNumber: string, name: string): Promise<FilledRunbook>;
  /** The labels that an incident fills a runbook in with, or without a name what it goes by itself. */
  labelsOf(
    idOrNumber: string,
    name: string | null,
  ): Promise<{ readonly incidentId: string; readonly number: number; readonly labels: Labels }>;
  /** Ticks a step off, or takes that back; doing it twice changes nothing. Throws `runbook_step_not_found`. */
  tick(
    actor: string,
    idOrNumber: string,
    name: string,
    step: string,
    isDone: boolean,
  ): Promise<FilledRunbook>;
}

/** An alerting rule, which may name its runbook. */
export interface LeadingRule {
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Makes the runbooks' service. */
export function createRunbooks(deps: {
  readonly records: Records;
  readonly clock: Clock;
  readonly announce: Announce;
  readonly incidents: Pick<Incidents, "get">;
  /** The folder of those that are shipped, and the user's. */
  readonly defaults: string;
  readonly folder: string | undefined;
  readonly checkQuery: CheckQuery;
  /** The alerting rules as they are. */
  readonly rules: () => readonly LeadingRule[];
  /** The titles of the actions that the configuration has, by their names. */
  readonly actionTitles: () => ReadonlyMap<string, string>;
  /** Where people reach this installation. */
  readonly externalURL: string;
}): Runbooks {
  const { records, clock, announce, incidents } = deps;
  const shelf = runbookShelf({
    defaults: deps.defaults,
    own: deps.folder,
    checkQuery: deps.checkQuery,
  });

  async function look() {
    const { runbooks, faults } = await shelf();
    const titles = deps.actionTitles();
    const lacking = [...runbooks.values()].flatMap(({ file, actions }) =>
      actions
        .filter(({ name }) => !titles.has(name))
        .map(({ name, line }): Fault => {
          const reason = `runbooks.actions in seaworthy.yml has no "${name}": it has no button`;
          return { file, line, column: 1, path: "action", reason };
        }),
    );
    return { runbooks, faults: [...faults, ...lacking] };
  }

  function buttonsOf({ actions }: ShelvedRunbook, given: Given): FilledRunbook["buttons"] {
    const titles = deps.actionTitles();
    return actions.map((action) => ({
      ...action,
      title: titles.get(action.name) ?? null,
      values: Object.fromEntries(
        Object.entries(action.values).flatMap(([parameter, written]) => {
          const { text, missing } = fill(written, "action", given);
          return missing.length === 0 ? [[parameter, text] as const] : [];
        }),
      ),
    }));
  }

  async function find(name: string) {
    const { runbooks, faults } = await look();
    const runbook = runbooks.get(name);
    if (runbook === undefined) {
      throw new RunbookError("runbook_not_found", `There is no runbook "${name}".`);
    }
    return {
      ...runbook,
      alerts: alertsByRunbook(runbooks).get(name) ?? [],
      faults: faults.filter(({ file }) => file === runbook.file),
    };
  }

  function alertsByRunbook(runbooks: ReadonlyMap<string, unknown>) {
    const found = new Map<string, string[]>();
    for (const { name, annotations } of deps.rules()) {
      const runbook = runbookOf({ ...annotations }, name, runbooks);
      if (runbook === undefined) continue;
      const alerts = found.get(runbook) ?? [];
      if (!alerts.includes(name)) alerts.push(name);
      found.set(runbook, alerts);
    }
    return found;
  }

  async function filledFor(detail: IncidentDetail, name: string): Promise<FilledRunbook> {
    const { runbooks } = await shelf();
    const runbook = await find(name);
    const given = givenBy(detail, name, runbooks, deps.externalURL);
    const done = await doneSteps(records.db, detail.incident.id);
    return {
      ...runbook,
      blocks: fillBlocks(runbook.blocks, given),
      given: given.labels,
      done: done.filter((one) => one.runbook === name),
      buttons: buttonsOf(runbook, given),
    };
  }

  return {
    async list() {
      const { runbooks, faults } = await look();
      const alerts = alertsByRunbook(runbooks);
      return {
        runbooks: [...runbooks.values()]
          .map((runbook) => ({ ...runbook, alerts: alerts.get(runbook.name) ?? [] }))
          .toSorted((a, b) => (a.title.toLowerCase() < b.title.toLowerCase() ? -1 : 1)),
        faults,
        folder: deps.folder,
      };
    },

    async get(name, labels) {
      const runbook = await find(name);
      const blocks: readonly MarkdownBlock[] = fillBlocks(runbook.blocks, { labels, incident: {} });
      const buttons = buttonsOf(runbook, { labels, incident: {} });
      return { ...runbook, blocks, given: labels, done: [], buttons };
    },

    async ofIncident(idOrNumber) {
      const { incident, alerts } = await incidents.get(idOrNumber);
      const { runbooks } = await shelf();
      const names = alerts.map(({ labels, annotations }) =>
        runbookOf(annotations, labels["alertname"] ?? "", runbooks),
      );
      const done = await doneSteps(records.db, incident.id);
      // What somebody has begun belongs here too, also where no alert leads to it.
      const begun = done.map(({ runbook }) => runbook);
      return [...new Set([...names, ...begun])].flatMap((name) => {
        const runbook = name === undefined ? undefined : runbooks.get(name);
        if (runbook === undefined) return [];
        const known = new Set(runbook.steps.map(({ step }) => step));
        return [
          {
            runbook,
            done: done.filter((one) => one.runbook === name && known.has(one.step)).length,
          },
        ];
      });
    },

    async labelsOf(idOrNumber, name) {
      const detail = await incidents.get(idOrNumber);
      const { runbooks } = await shelf();
      const { labels } = givenBy(detail, name ?? "", runbooks, deps.externalURL);
      return { incidentId: detail.incident.id, number: detail.incident.number, labels };
    },

    forIncident: async (idOrNumber, name) => filledFor(await incidents.get(idOrNumber), name),

    async tick(actor, idOrNumber, name, step, isDone) {
      const detail = await incidents.get(idOrNumber);
      const runbook = await find(name);
      const words = runbook.steps.find((one) => one.step === step)?.text;
      if (words === undefined) {
        throw new RunbookError(
          "runbook_step_not_found",
          `The runbook "${name}" has no such step any more: its file has changed. Read it again.`,
        );
      }
      const { id } = detail.incident;
      await records.transaction(async (tx) => {
        const at = new Date(clock.now());
        const record = { incidentId: id, runbook: name, step, doneAt: at, doneBy: actor };
        const changed = isDone ? await tickStep(tx, record) : await untickStep(tx, record);
        if (!changed) return;
        const text = isDone ? `Done: ${words}` : `Not done after all: ${words}`;
        await addTimeline(tx, [
          { incidentId: id, at, kind: "runbook_step", actor, text: `${text} (runbook ${name})` },
        ]);
        await writeAudit(tx, {
          at: at.getTime(),
          actor,
          action: isDone ? "runbook.tick" : "runbook.untick",
          subject: id,
          detail: { runbook: name, step: words },
        });
        records.afterCommit(tx, () => announce({ topic: "incidents", id }));
      });
      return filledFor(detail, name);
    },
  };
}

/** The runbook that an alert leads to: by its annotation, else by its own name. */
function runbookOf(
  annotations: Readonly<Record<string, string>>,
  alert: string,
  known: ReadonlyMap<string, unknown>,
): string | undefined {
  const url = annotations["runbook_url"] ?? annotations["runbook"] ?? "";
  return [runbookNamed(url) ?? url, alert].find((name) => known.has(name));
}

/** The runbook that a link leads to; undefined for a link elsewhere. */
export function runbookNamed(url: string): string | undefined {
  return /\/runbooks\/([^/?#]+?)(?:\.md)?(?:[?#].*)?$/.exec(url)?.[1];
}

function givenBy(
  { incident, alerts }: IncidentDetail,
  name: string,
  known: ReadonlyMap<string, unknown>,
  externalURL: string,
): Given {
  // Alerts come with the firing ones first.
  const leading =
    alerts.find(
      (one) => runbookOf(one.annotations, one.labels["alertname"] ?? "", known) === name,
    ) ?? alerts[0];
  return {
    labels: {
      // An alert's own labels are those of its series; an incident's service may be its job's name.
      ...(leading?.labels ?? (incident.service === null ? {} : { service: incident.service })),
    },
    incident: {
      Number: String(incident.number),
      Title: incident.title,
      Severity: incident.severity,
      Service: incident.service ?? "",
      OpenedAt: incident.openedAt.toISOString(),
      URL: `${externalURL}/incidents/${incident.number}`,
    },
  };
}
