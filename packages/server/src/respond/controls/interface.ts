import type {
  ControlChangeRecord,
  ControlDefinition,
  ControlPlace,
  ControlRecord,
  ControlRequestRecord,
} from "../../store/index.ts";
import type { ControlValue } from "./definitions.ts";
import type { ControlFeed } from "./feed.ts";

/** Who changes a control. */
export interface Operator {
  /** As the audit log names them. */
  readonly name: string;
  /** The person, or the one whose token it is; null where that is not known. */
  readonly personId: string | null;
  /** A token is nobody's second person. */
  readonly isPerson: boolean;
}

export interface ControlledServiceRecord extends ControlPlace {
  readonly revision: number;
  readonly listeners: number;
  readonly controls: readonly ControlRecord[];
}

/** What is asked of a control. */
export interface WantedChange {
  readonly value: ControlValue;
  readonly reason: string;
  readonly lastsMs?: number | undefined;
  /** The control's revision that the change was made on. */
  readonly revision?: number | undefined;
  /** The service's name, where leaving the normal value is dangerous. */
  readonly confirm?: string | undefined;
}

/**
 * Emergency controls: switches that operators set and applications read. Every change is one
 * transaction under the service's lock, with its revision, its entry in the audit log and in the
 * timelines of the service's open incidents; applications are told after it.
 */
export interface Controls {
  readonly feed: ControlFeed;
  list(only?: Partial<ControlPlace>): Promise<{
    readonly services: readonly ControlledServiceRecord[];
    readonly pending: readonly ControlRequestRecord[];
  }>;
  /** Gives a service the standard controls. Doing it twice changes nothing. */
  addService(by: Operator, place: ControlPlace): Promise<ControlledServiceRecord>;
  removeService(by: Operator, place: ControlPlace): Promise<void>;
  /** Throws `control_definition_invalid`, and `control_not_found` for a service without controls. */
  define(
    by: Operator,
    place: ControlPlace,
    name: string,
    definition: ControlDefinition,
  ): Promise<ControlRecord>;
  remove(by: Operator, place: ControlPlace, name: string): Promise<void>;
  /** Changes a control, or asks a second person to, where the control wants that. */
  set(
    by: Operator,
    place: ControlPlace,
    name: string,
    wanted: WantedChange,
  ): Promise<{ readonly control: ControlRecord; readonly pending: ControlRequestRecord | null }>;
  /** Makes the change that another person asked for. Throws `control_own_request`. */
  approve(by: Operator, requestId: string): Promise<ControlRecord>;
  /** Refuses a change, or withdraws one's own. */
  reject(by: Operator, requestId: string): Promise<void>;
  history(
    page: Partial<ControlPlace> & {
      readonly name?: string | undefined;
      readonly before?: number | undefined;
      readonly limit: number;
    },
  ): Promise<{ readonly changes: readonly ControlChangeRecord[]; readonly next: number | null }>;
  start(): void;
  /** Does what is due now: changes whose time is over, requests that came to nothing. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}
