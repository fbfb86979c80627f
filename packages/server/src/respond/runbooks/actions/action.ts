import type { ConfiguredSecret } from "../../mail.ts";

/** What a person fills in before an action runs. */
export interface ActionParameter {
  /** The label of the incident's alert that it is filled in from. */
  readonly label: string | undefined;
  /** What it is where neither a runbook nor the incident says. */
  readonly fallback: string | undefined;
  readonly about: string;
  /** The values that it may have, or the pattern that the whole of one fits: one of the two. */
  readonly allowed:
    | { readonly kind: "one of"; readonly values: readonly string[] }
    | { readonly kind: "pattern"; readonly source: string; fits(value: string): boolean };
}

/** What is run: a program with its arguments, which no shell reads, or a request. */
export type ActionWork =
  | {
      readonly kind: "command";
      readonly argv: readonly string[];
      readonly folder: string;
      /** All of its environment but the facts of the run. */
      readonly environment: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "webhook";
      readonly method: "POST" | "PUT" | "GET";
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      /** JSON, in whose texts placeholders stand; undefined: no body. */
      readonly body: unknown;
      readonly secret:
        | {
            readonly header: string;
            readonly isBearer: boolean;
            readonly value: ConfiguredSecret;
          }
        | undefined;
    };

/** A step that runbooks have a button for: from `runbooks.actions` in seaworthy.yml. */
export interface RunbookAction {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  /** Who may run it, beside those who may more. */
  readonly role: "member" | "admin";
  /** What has to be typed; with placeholders. */
  readonly confirm: string | undefined;
  /** Whether a second person has to approve. */
  readonly twoPerson: boolean;
  readonly parameters: ReadonlyMap<string, ActionParameter>;
  readonly work: ActionWork;
  readonly timeoutMs: number;
  /** Of what it says, the end of this many bytes is kept. */
  readonly outputBytes: number;
}

/** `{{ .Parameters.service }}`; whatever else has braces is left alone: many programs have their own. */
const PLACEHOLDER = /\{\{-? *\.Parameters\.([A-Za-z_]\w{0,60}) *-?\}\}/g;

/** The parameters that a text names. */
export function parametersIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(PLACEHOLDER)].map(([, name = ""]) => name))];
}

/** Whether something in a text looks like a placeholder of ours and is none. */
export function misread(text: string): string | undefined {
  return /\{\{-? *(?:or +)?\.(?:Parameters|Labels|Incident)\b[^{}]*\}?\}?/.exec(
    text.replaceAll(PLACEHOLDER, ""),
  )?.[0];
}

/** Fills a text in; `form` is how a value is written there. */
export function fillParameters(
  text: string,
  values: Readonly<Record<string, string>>,
  form: (value: string) => string = (value) => value,
): string {
  return text.replaceAll(PLACEHOLDER, (whole, name: string) =>
    Object.hasOwn(values, name) ? form(values[name] ?? "") : whole,
  );
}

/** The same in every text of a JSON value: a value can end no text there. Names are not filled in. */
export function fillJson(given: unknown, values: Readonly<Record<string, string>>): unknown {
  if (typeof given === "string") return fillParameters(given, values);
  if (Array.isArray(given)) return given.map((each: unknown) => fillJson(each, values));
  if (typeof given !== "object" || given === null) return given;
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, fillJson(value, values)]),
  );
}
