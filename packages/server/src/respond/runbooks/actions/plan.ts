import { createHash } from "node:crypto";
import { basename } from "node:path";
import { fillJson, fillParameters } from "./action.ts";
import type { ActionParameter, RunbookAction } from "./action.ts";

/** What will be done, exactly, as it is shown to whoever confirms it. */
export type PlannedWork =
  | { readonly kind: "command"; readonly argv: readonly string[]; readonly folder: string }
  | {
      readonly kind: "webhook";
      readonly method: string;
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string | null;
    };

/** An action with its values filled in. */
export interface Plan {
  readonly values: Readonly<Record<string, string>>;
  readonly work: PlannedWork;
  /** What has to be typed, or null. */
  readonly confirm: string | null;
  /** Of all that decides what is done: the configuration and the values. */
  readonly digest: string;
}

/** A value that an action does not take, and why. */
export interface RefusedValue {
  readonly parameter: string;
  readonly reason: string;
}

const MOST_VALUE = 500;

/** Controls, line ends, invisible and direction-changing characters: what is shown must be what is run. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Programs that read their arguments as a language, here or on another machine. */
const READERS = new Set([
  ..."sh bash dash zsh ksh ash fish csh tcsh busybox pwsh powershell".split(" "),
  ..."ssh su sudo doas env xargs watch script nsenter chroot flock timeout nice nohup".split(" "),
  ..."python python3 perl ruby node deno bun php awk gawk sed make psql mysql redis-cli".split(" "),
]);

/** What means itself to all of them. */
const PLAIN_WORD = /^[A-Za-z0-9_./:@%+,][A-Za-z0-9_./:@%+=,-]*$/;

/** Whether a program may take its arguments for more than words. */
export function readsArguments(argv: readonly string[]): boolean {
  return READERS.has(basename(argv[0] ?? "").replace(/(?:\.exe|[\d.]+)$/, ""));
}

/**
 * Fills an action in, or says which values it does not take: those beside its allow-list, what could not
 * be seen when it is confirmed, and what a program would take for an option or for more than a word.
 */
export function planAction(
  action: RunbookAction,
  given: Readonly<Record<string, string>>,
): { readonly plan: Plan } | { readonly refused: readonly RefusedValue[] } {
  const refused: RefusedValue[] = [];
  const values: Record<string, string> = {};
  for (const name of Object.keys(given)) {
    if (!action.parameters.has(name))
      refused.push({ parameter: name, reason: "is no parameter of this action" });
  }
  for (const [name, { allowed }] of action.parameters) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const reason = faultOf(value, allowed);
    if (reason !== undefined) refused.push({ parameter: name, reason });
    else values[name] = value ?? "";
  }
  if (refused.length > 0) return { refused };
  const work = plannedWork(action, values, refused);
  if (work === undefined) return { refused };
  return {
    plan: {
      values,
      work,
      confirm: action.confirm === undefined ? null : fillParameters(action.confirm, values),
      digest: digestOf([shape(action), values]),
    },
  };
}

function faultOf(
  value: string | undefined,
  allowed: ActionParameter["allowed"],
): string | undefined {
  if (value === undefined) return "has no value: neither the runbook nor the incident says it";
  if (value.length > MOST_VALUE) return `has more than ${MOST_VALUE} characters`;
  if (UNSEEN.test(value)) return "has a line end or a character that cannot be seen";
  if (allowed.kind === "one of")
    return allowed.values.includes(value) ? undefined : `is none of ${allowed.values.join(", ")}`;
  return allowed.fits(value) ? undefined : `does not fit ${allowed.source}`;
}

function plannedWork(
  { work, parameters }: RunbookAction,
  values: Readonly<Record<string, string>>,
  refused: RefusedValue[],
): PlannedWork | undefined {
  if (work.kind === "command") {
    const { argv, folder } = work;
    const plainOnly = readsArguments(argv);
    for (const [name, value] of Object.entries(values)) {
      if (plainOnly && !PLAIN_WORD.test(value))
        refused.push({
          parameter: name,
          reason: `${basename(argv[0] ?? "")} could read more in it than a word`,
        });
    }
    const filled = argv.map((text) => fillParameters(text, values));
    for (const [place, text] of filled.entries()) {
      const written = argv[place] ?? "";
      // What begins with a value must not become an option of the program.
      if (!text.startsWith("-") || written.startsWith("-")) continue;
      const [parameter = ""] = [...parameters.keys()].filter(
        (name) => fillParameters(written, { [name]: "" }) !== written,
      );
      refused.push({ parameter, reason: "begins with -, which a program takes for an option" });
    }
    return refused.length > 0 ? undefined : { kind: "command", argv: filled, folder };
  }
  const { method, headers, body } = work;
  for (const [name, value] of Object.entries(values)) {
    // Of a path, these would be read as a step up, whatever is encoded.
    if ((value === "." || value === "..") && fillParameters(work.url, { [name]: "" }) !== work.url)
      refused.push({ parameter: name, reason: "is a step up in the URL" });
  }
  if (refused.length > 0) return undefined;
  return {
    kind: "webhook",
    method,
    url: fillParameters(work.url, values, encodeURIComponent),
    headers,
    body: body === undefined ? null : JSON.stringify(fillJson(body, values), undefined, 2),
  };
}

/** What an action is on every server that has the same file: no secrets, no environment of a process. */
function shape({ work, parameters, ...action }: RunbookAction): unknown {
  const names = [...parameters.keys()];
  if (work.kind === "webhook")
    return { ...action, names, work: { ...work, secret: work.secret?.header ?? null } };
  const environment = Object.keys(work.environment).toSorted();
  return { ...action, names, work: { ...work, environment } };
}

/** SHA-256 of a JSON value. */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64url");
}
