import type { Severity } from "./incidents.ts";

/** Who a step of an escalation pages. */
export type EscalationTarget =
  | { readonly kind: "schedule"; readonly id: string }
  | { readonly kind: "person"; readonly id: string }
  | { readonly kind: "everyone" };

/** Who is paged when nobody has answered until then. */
export interface EscalationStep {
  readonly targets: readonly EscalationTarget[];
  /** `all` pages all targets at once, `round-robin` one of them: the next one at each incident. */
  readonly mode: "all" | "round-robin";
  /** How long an answer is waited for before the next step. Milliseconds. */
  readonly wait: number;
}

/** Which incidents page whom, one step after the other until somebody answers. */
export interface EscalationPolicy {
  readonly id: string;
  readonly name: string;
  /** The services whose incidents it is for; empty for all that no other policy names. */
  readonly services: readonly string[];
  readonly severities: readonly Severity[];
  readonly steps: readonly EscalationStep[];
  /** How many more times the steps are gone through while nobody answers. */
  readonly repeats: number;
  /** Whether everybody is paged when all of that was in vain. */
  readonly everyoneInTheEnd: boolean;
}

/** By what a person is paged. */
export const CONTACT_KINDS = ["email", "slack", "webhook", "sms", "voice", "push"] as const;
export type ContactKind = (typeof CONTACT_KINDS)[number];

/** A way of reaching a person. */
export interface ContactMethod {
  readonly id: string;
  readonly kind: ContactKind;
  /**
   * An e-mail address, a URL, a telephone number in E.164 form, or a browser's subscription to pushes as
   * JSON.
   */
  readonly address: string;
  /** What its person calls it. */
  readonly name: string | null;
  /** Incidents of these severities page by it. */
  readonly severities: readonly Severity[];
  /** At these local times only P1 pages by it; an end at or before the beginning is on the next day. */
  readonly quiet: { readonly timeZone: string; readonly from: string; readonly to: string } | null;
}
