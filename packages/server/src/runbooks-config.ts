import { isAbsolute } from "node:path";
import { RE2JS } from "re2js";
import { z } from "zod";
import { duration, size } from "./config-values.ts";
import { messageOf } from "./model/index.ts";
import { misread, parametersIn, readsArguments } from "./respond/index.ts";
import type { ActionParameter, RunbookAction } from "./respond/index.ts";

/** Defaults and limits of actions. Times in milliseconds, sizes in bytes. */
const LIMITS = {
  actions: 200,
  /** `timeout` of a command, and the longest; the longest of a webhook. */
  timeout: 60_000,
  longest: 30 * 60_000,
  longestWebhook: 30_000,
  shortest: 1000,
  /** `output`: what is kept of what it says. */
  output: 16 * 1024,
  mostOutput: 256 * 1024,
} as const;

const filled = z.string().min(1).max(2000);
const NAME = /^[a-z\d][a-z\d-]{0,59}$/;
const PARAMETER = /^[A-Za-z_]\w{0,60}$/;
const HEADER = /^[A-Za-z\d][\w-]{0,80}$/;
/** Programs that read a script of their arguments, and the options that it stands after. */
const SCRIPT_OPTION = /^-(?:\w*[ceE]|-(?:command|eval|print|expression))$/;

const re2 = z
  .string()
  .min(1)
  .max(500)
  .superRefine((source, context) => {
    try {
      RE2JS.compile(source);
    } catch (error) {
      context.addIssue({ code: "custom", message: messageOf(error) });
    }
  });

const parameterSchema = z
  .strictObject({
    label: z
      .string()
      .regex(/^[A-Za-z_]\w{0,199}$/, "is not the name of a label")
      .optional(),
    default: z.string().max(500).optional(),
    about: z.string().max(300).default(""),
    one_of: z.array(z.string().min(1).max(500)).min(1).max(200).optional(),
    pattern: re2.optional(),
  })
  .superRefine((given, context) => {
    if ((given.one_of === undefined) === (given.pattern === undefined)) {
      const message = "set either one_of or pattern: what a person may fill in";
      context.addIssue({ code: "custom", message });
      return;
    }
    if (given.default !== undefined && !allowedOf(given).fits(given.default))
      context.addIssue({ code: "custom", message: "is not allowed itself", path: ["default"] });
  });

/** What may be filled in; a pattern fits a whole value, as with Prometheus. */
function allowedOf(given: {
  readonly one_of?: readonly string[] | undefined;
  readonly pattern?: string | undefined;
}): { readonly allowed: ActionParameter["allowed"]; fits(value: string): boolean } {
  const { one_of: values, pattern: source = "" } = given;
  if (values !== undefined) {
    return { allowed: { kind: "one of", values }, fits: (value) => values.includes(value) };
  }
  let compiled: RE2JS | undefined;
  const fits = (value: string) => {
    compiled ??= RE2JS.compile(source);
    return compiled.matches(value);
  };
  return { allowed: { kind: "pattern", source, fits }, fits };
}

const webhookSchema = z
  .strictObject({
    url: z.string().min(1).max(2000),
    method: z.enum(["POST", "PUT", "GET"]).default("POST"),
    headers: z
      .record(z.string().regex(HEADER, "is not the name of a header"), z.string().max(2000))
      .default({}),
    body: z.json().optional(),
    secret: filled.optional(),
    secret_file: filled.optional(),
    /** Without it, the secret is a bearer token. */
    secret_header: z.string().regex(HEADER, "is not the name of a header").optional(),
  })
  .superRefine((given, context) => {
    const issue = (path: string, message: string) =>
      context.addIssue({ code: "custom", message, path: [path] });
    const [origin = ""] = /^https?:\/\/[^/?#]+/.exec(given.url) ?? [];
    if (/\{\{|@/.test(origin))
      issue("url", "takes placeholders behind the host only, and no user: use secret_file");
    else if (origin === "" || !URL.canParse(given.url))
      issue("url", "is not a URL such as https://deploy.example.com/rollback");
    if (given.method === "GET" && given.body !== undefined)
      issue("body", "has no meaning with GET");
    if (given.secret !== undefined && given.secret_file !== undefined)
      issue("secret_file", "set either secret or secret_file");
    if (
      given.secret_header !== undefined &&
      given.secret === undefined &&
      given.secret_file === undefined
    )
      issue("secret_header", "needs secret_file");
    for (const [name, value] of Object.entries(given.headers)) {
      if (!/^[\x20-\x7E]*$/.test(value) || value.includes("{{"))
        issue("headers", `${name} is one line of plain characters, without placeholders`);
    }
  });

const actionSchema = z
  .strictObject({
    title: z.string().min(1).max(100),
    about: z.string().max(500).default(""),
    command: z.array(z.string().max(4000)).min(1).max(100).optional(),
    webhook: webhookSchema.optional(),
    folder: filled.optional(),
    environment: z
      .array(
        z
          .string()
          .regex(/^[A-Za-z_]\w{0,100}$/, "is not the name of a variable")
          .refine((name) => !name.startsWith("SEAWORTHY_"), "is the server's own secret"),
      )
      .max(50)
      .default([]),
    timeout: duration.optional(),
    output: size.optional(),
    role: z.enum(["member", "admin"]).default("member"),
    confirm: z.string().min(1).max(200).optional(),
    two_person: z.boolean().default(false),
    parameters: z
      .record(
        z.string().regex(PARAMETER, "is not a name of letters, digits and _"),
        parameterSchema,
      )
      .default({}),
  })
  .superRefine((given, context) => {
    const issue = (path: PropertyKey[], message: string) =>
      context.addIssue({ code: "custom", message, path });
    const { command, webhook, timeout, output } = given;
    if ((command === undefined) === (webhook === undefined))
      issue([], "set either command or webhook");
    const longest = webhook === undefined ? LIMITS.longest : LIMITS.longestWebhook;
    if (timeout !== undefined && (timeout < LIMITS.shortest || timeout > longest))
      issue(["timeout"], `is from 1s to ${longest / 1000}s here`);
    if (output !== undefined && output > LIMITS.mostOutput)
      issue(["output"], `is at most ${LIMITS.mostOutput / 1024}KiB`);
    if (webhook !== undefined) {
      if (given.folder !== undefined) issue(["folder"], "belongs to a command");
      if (given.environment.length > 0) issue(["environment"], "belongs to a command");
    }
    const placed: { readonly path: PropertyKey[]; readonly text: string }[] = [
      ...(command ?? []).map((text, place) => ({ path: ["command", place], text })),
      ...(webhook === undefined
        ? []
        : [
            { path: ["webhook", "url"], text: webhook.url },
            { path: ["webhook", "body"], text: JSON.stringify(webhook.body ?? null) },
          ]),
      ...(given.confirm === undefined ? [] : [{ path: ["confirm"], text: given.confirm }]),
    ];
    const used = new Set<string>();
    for (const { path, text } of placed) {
      const odd = misread(text);
      if (odd !== undefined) issue(path, `cannot read ${odd}: write {{ .Parameters.NAME }}`);
      for (const name of parametersIn(text)) {
        used.add(name);
        if (!Object.hasOwn(given.parameters, name))
          issue(path, `"${name}" is none of the parameters`);
      }
    }
    for (const name of Object.keys(given.parameters)) {
      if (!used.has(name)) issue(["parameters", name], "is filled in nowhere");
    }
    if (command === undefined) return;
    const [program = ""] = command;
    if (program === "" || program.includes("\0")) issue(["command", 0], "names no program");
    if (parametersIn(program).length > 0) issue(["command", 0], "takes no placeholder");
    if (!readsArguments(command)) return;
    for (const [place, text] of command.entries()) {
      if (parametersIn(text).length > 0 && SCRIPT_OPTION.test(command[place - 1] ?? ""))
        issue(
          ["command", place],
          `is a script, which a value could change: write a file that takes it as an argument`,
        );
    }
  });

/** `runbooks` in seaworthy.yml: the user's own, and what they have buttons for. */
export const runbooksSchema = z
  .strictObject({
    folder: z.string().min(1).optional(),
    actions: z
      .record(z.string().regex(NAME, "is not a name of small letters, digits and -"), actionSchema)
      .refine(
        (actions) => Object.keys(actions).length <= LIMITS.actions,
        `are at most ${LIMITS.actions}`,
      )
      .default({}),
  })
  .prefault({});

/** Where runbooks are read from, and what can be run from them. */
export interface RunbooksConfig {
  /** Those that are shipped. */
  readonly defaults: string;
  readonly folder: string | undefined;
  readonly actions: readonly RunbookAction[];
}

/**
 * The settings with names of files made absolute by `beside`; `environment` is what commands may be
 * given from.
 */
export function readRunbooks(
  { folder, actions }: z.output<typeof runbooksSchema>,
  defaults: string,
  beside: (path: string) => string,
  environment: Readonly<Record<string, string | undefined>>,
): RunbooksConfig {
  return {
    defaults,
    folder: folder === undefined ? undefined : beside(folder),
    actions: Object.entries(actions).map(([name, given]) => ({
      name,
      title: given.title,
      about: given.about,
      role: given.role,
      confirm: given.confirm,
      twoPerson: given.two_person,
      parameters: new Map(
        Object.entries(given.parameters).map(([parameter, each]) => [
          parameter,
          {
            label: each.label,
            fallback: each.default,
            about: each.about,
            allowed: allowedOf(each).allowed,
          },
        ]),
      ),
      work: workOf(given, beside, environment),
      timeoutMs:
        given.timeout ?? (given.webhook === undefined ? LIMITS.timeout : LIMITS.longestWebhook),
      outputBytes: given.output ?? LIMITS.output,
    })),
  };
}

function workOf(
  { command, webhook, folder = ".", environment: names }: z.output<typeof actionSchema>,
  beside: (path: string) => string,
  environment: Readonly<Record<string, string | undefined>>,
): RunbookAction["work"] {
  if (webhook !== undefined) {
    const { url, method, headers, body, secret, secret_file: file, secret_header: own } = webhook;
    const value = file === undefined ? secret && { text: secret } : { file: beside(file) };
    return {
      kind: "webhook",
      method,
      url,
      headers,
      body,
      secret:
        value === undefined || value === ""
          ? undefined
          : { header: own?.toLowerCase() ?? "authorization", isBearer: own === undefined, value },
    };
  }
  const [program = "", ...rest] = command ?? [];
  return {
    kind: "command",
    // A path is one from the file's folder; a bare name is looked for in PATH.
    argv: [program.includes("/") && !isAbsolute(program) ? beside(program) : program, ...rest],
    folder: beside(folder),
    environment: Object.fromEntries(
      ["PATH", "LANG", ...names].flatMap((name) => {
        const value = environment[name];
        return value === undefined ? [] : [[name, value] as const];
      }),
    ),
  };
}
