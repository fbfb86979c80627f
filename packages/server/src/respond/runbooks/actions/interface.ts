import type { Labels } from "../../../model/index.ts";
import type { RunbookRunRecord } from "../../../store/index.ts";
import type { Operator } from "../../controls/interface.ts";
import type { ActionParameter, RunbookAction } from "./action.ts";
import type { Plan, RefusedValue } from "./plan.ts";

/** Who runs an action. */
export interface Runner extends Operator {
  readonly isAdmin: boolean;
}

/** An action as it would run for an incident. */
export interface Preview {
  readonly action: RunbookAction;
  readonly parameters: readonly (ActionParameter & {
    readonly name: string;
    /** What is filled in; undefined where nothing says it. */
    readonly value: string | undefined;
  })[];
  readonly refused: readonly RefusedValue[];
  /** With what confirms it; undefined where a value is refused. */
  readonly plan: (Plan & { readonly confirmation: string }) | undefined;
  /** The newest run of it for this incident. */
  readonly last: RunbookRunRecord | undefined;
}

/** What is asked of an action. */
export interface WantedRun {
  readonly action: string;
  readonly runbook: string | null;
  readonly values: Readonly<Record<string, string>>;
  /** Of the preview that was confirmed. */
  readonly confirmation: string;
  /** What was typed. */
  readonly confirm?: string | undefined;
}

/**
 * Safe steps that are run by a button. What runs is what was shown: a confirmation is a digest of the
 * configuration, the values and the run before, and is worth one run. A run is remembered before it
 * begins, and is never begun again: one whose server is gone is said to be unknown.
 */
export interface RunbookActions {
  list(): readonly RunbookAction[];
  /** Takes others from now on; what is under way goes on. */
  apply(actions: readonly RunbookAction[]): void;
  /** Fills an action in for an incident: by `values`, the labels of its alerts and what is preset. */
  preview(
    idOrNumber: string,
    wanted: Pick<WantedRun, "action" | "runbook" | "values">,
  ): Promise<Preview>;
  /** Runs an action, or asks a second person to. The same confirmation again answers the same run. */
  run(by: Runner, idOrNumber: string, wanted: WantedRun): Promise<RunbookRunRecord>;
  /** Runs what another person asked for. */
  approve(by: Runner, runId: string): Promise<RunbookRunRecord>;
  /** Refuses what waits, or withdraws it. */
  reject(by: Runner, runId: string): Promise<RunbookRunRecord>;
  /** The newest runs of an incident. */
  runs(idOrNumber: string): Promise<readonly RunbookRunRecord[]>;
  start(): void;
  /** Does what is due now, and awaits what runs here. */
  settle(): Promise<void>;
  /** Ends what runs here, and says so in its record. */
  stop(): Promise<void>;
}

/** The labels that an incident fills actions in from. */
export type LabelsOf = (
  idOrNumber: string,
  runbook: string | null,
) => Promise<{
  readonly incidentId: string;
  readonly number: number;
  readonly labels: Labels;
}>;
