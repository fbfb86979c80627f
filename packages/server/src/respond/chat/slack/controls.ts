import { parseDuration } from "../../../model/index.ts";
import type { Clock } from "../../../model/index.ts";
import type { UserRecord } from "../../../store/index.ts";
import { inWords } from "../../controls/definitions.ts";
import type { ControlValue } from "../../controls/definitions.ts";
import type { Controls, Operator } from "../../controls/interface.ts";
import { slackEscaped } from "../../slack-text.ts";
import { ChatError } from "../errors.ts";
import { cut, plainText, SECTION_LENGTH } from "./text.ts";

/** What somebody asks for by `/seaworthy control`. */
export type ControlCommand =
  | { readonly kind: "controls"; readonly service: string | undefined }
  | {
      readonly kind: "set";
      readonly service: string;
      readonly environment: string;
      readonly name: string;
      /** Undefined: its normal value. */
      readonly value: string | undefined;
      readonly lastsMs: number | undefined;
      readonly confirm: string | undefined;
      readonly reason: string;
    }
  | { readonly kind: "approve" | "reject"; readonly id: string }
  | { readonly kind: "help"; readonly problem: string | undefined };

/** What the buttons under a change that waits do; they carry its id. */
const BUTTONS = { control_approve: "approve", control_reject: "reject" } as const;
export type ControlButton = keyof typeof BUTTONS;
export const isControlButton = (action: string): action is ControlButton =>
  Object.hasOwn(BUTTONS, action);

/** An answer in Slack: to the one who asked, or to the channel, so that a second person sees it. */
export interface ControlAnswer {
  readonly text: string;
  readonly inChannel?: boolean;
  readonly blocks?: readonly unknown[];
}

export const CONTROL_USAGE = [
  "`/seaworthy control list [SERVICE]` shows emergency controls, and what waits for a second person",
  "`/seaworthy control set SERVICE[/ENVIRONMENT] NAME VALUE [for=30m] [confirm=SERVICE] REASON`",
  "`/seaworthy control end SERVICE[/ENVIRONMENT] NAME REASON` sets it back to its normal value",
  "`/seaworthy control approve|reject ID`",
].join("\n");

const LIMITS = { reason: 500, listed: 40, waiting: 5, longestMs: 30 * 86_400_000 } as const;
const DEFAULT_ENVIRONMENT = "production";
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Reads what stands behind `control`. A value of several words stands in quotes. */
export function readControlCommand(text: string): ControlCommand {
  const words = text.match(/[“"][^“”"\n]*[”"]|\S+/g) ?? [];
  const [verb = "help", ...rest] = words;
  switch (verb.toLowerCase()) {
    case "list":
      return { kind: "controls", service: rest[0] === undefined ? undefined : bare(rest[0]) };
    case "set":
    case "end":
      return change(verb.toLowerCase() === "set", rest);
    case "approve":
    case "reject": {
      const [id = ""] = rest;
      if (!UUID.test(id))
        return help("Say the id of the change: `/seaworthy control list` has it.");
      return { kind: verb.toLowerCase() === "approve" ? "approve" : "reject", id };
    }
    case "help":
      return help(undefined);
    default:
      return help(`"${cut(verb, 40)}" is none of the commands.`);
  }
}

const help = (problem: string | undefined): ControlCommand => ({ kind: "help", problem });
const bare = (word: string) => plainText(word.replaceAll(/^[“"]|[”"]$/g, ""), () => undefined);

function change(isSet: boolean, words: readonly string[]): ControlCommand {
  const [place = "", name = "", ...rest] = words;
  const [service = "", environment = DEFAULT_ENVIRONMENT, ...more] = bare(place).split("/");
  if (service === "" || environment === "" || more.length > 0 || name === "")
    return help(
      "Name the service and the control: `set checkout kill-switch on confirm=checkout WHY`.",
    );
  const value = isSet ? rest.shift() : undefined;
  if (isSet && value === undefined) return help(`What shall ${cut(name, 60)} be set to?`);
  let lastsMs: number | undefined;
  let confirm: string | undefined;
  const reason: string[] = [];
  for (const word of rest) {
    const [, key = "", given = ""] = /^(for|confirm)=(.+)$/.exec(word) ?? [];
    if (reason.length === 0 && key === "confirm") confirm = bare(given);
    else if (reason.length === 0 && key === "for") {
      lastsMs = parseDuration(given);
      if (lastsMs === undefined || lastsMs < 1000 || lastsMs > LIMITS.longestMs)
        return help(`"${cut(given, 40)}" is no time such as 30m or 2h, of at most 30 days.`);
    } else reason.push(word);
  }
  const said = plainText(reason.join(" "), () => undefined);
  if (said.length < 3) return help("Say why: it stands in the history and on the timeline.");
  return {
    kind: "set",
    service,
    environment,
    name: bare(name),
    value: value === undefined ? undefined : bare(value),
    lastsMs,
    confirm,
    reason: cut(said, LIMITS.reason),
  };
}

type Listed = Awaited<ReturnType<Controls["list"]>>;
type ControlRecord = Listed["services"][number]["controls"][number];
type RequestRecord = Listed["pending"][number];

/** Emergency controls by Slack: the same service as in the interface, under the person's own name. */
export class SlackControls {
  readonly #controls: Pick<Controls, "list" | "set" | "approve" | "reject">;
  readonly #clock: Clock;
  readonly #externalURL: string;

  constructor(deps: {
    readonly controls: Pick<Controls, "list" | "set" | "approve" | "reject">;
    readonly clock: Clock;
    readonly externalURL: string;
  }) {
    this.#controls = deps.controls;
    this.#clock = deps.clock;
    this.#externalURL = deps.externalURL;
  }

  /** Does what is asked for, in the name of a person who may. */
  async obey(command: ControlCommand, user: UserRecord): Promise<ControlAnswer> {
    switch (command.kind) {
      case "help":
        return {
          text: [
            ...(command.problem === undefined ? [] : [slackEscaped(command.problem)]),
            CONTROL_USAGE,
          ].join("\n"),
        };
      case "controls":
        return this.#list(command.service);
      case "approve":
      case "reject":
        return { text: await this.#decide(command.kind, command.id, user) };
      case "set":
        return this.#set(command, user);
    }
  }

  /** A button under a change that waits; answers what was done. */
  press(button: ControlButton, requestId: string, user: UserRecord): Promise<string> {
    return this.#decide(BUTTONS[button], requestId, user);
  }

  async #list(service: string | undefined): Promise<ControlAnswer> {
    const { services, pending } = await this.#controls.list(
      service === undefined ? {} : { service },
    );
    const all = services.flatMap(({ controls }) => controls);
    if (all.length === 0) {
      const of = service === undefined ? "No service has" : `${cut(service, 100)} has no`;
      return { text: `${slackEscaped(of)} controls yet: ${this.#page()}` };
    }
    // What is not as it normally is comes first: that is what people look for.
    const isAway = ({ value, definition }: ControlRecord) => value !== definition.normal;
    const listed = [...all.filter(isAway), ...all.filter((one) => !isAway(one))];
    const lines = listed.slice(0, LIMITS.listed).map((control) => this.#lineOf(control));
    if (listed.length > LIMITS.listed)
      lines.push(`and ${listed.length - LIMITS.listed} more: ${this.#page()}`);
    const text = lines.join("\n");
    if (pending.length === 0) return { text };
    const waiting = pending.slice(0, LIMITS.waiting);
    return {
      text: [text, ...waiting.map(requestInWords)].join("\n"),
      blocks: [section(text), ...waiting.flatMap(blocksOf)],
    };
  }

  async #set(
    { service, environment, name, value, ...wanted }: Extract<ControlCommand, { kind: "set" }>,
    user: UserRecord,
  ): Promise<ControlAnswer> {
    const place = { service, environment };
    const { services } = await this.#controls.list(place);
    const known = services[0]?.controls.find((control) => control.name === name);
    const read = known && (value === undefined ? known.definition.normal : valueOf(known, value));
    const { control, pending } = await this.#controls.set(operatorOf(user), place, name, {
      // What is not known is refused by the service, in its own words.
      value: read ?? value ?? false,
      ...wanted,
      ...(known === undefined ? {} : { revision: known.revision }),
    });
    if (pending === null) return { text: this.#lineOf(control) };
    return {
      inChannel: true,
      text: requestInWords(pending),
      blocks: blocksOf(pending),
    };
  }

  async #decide(what: "approve" | "reject", id: string, user: UserRecord): Promise<string> {
    if (!UUID.test(id)) throw new ChatError("chat_request_invalid", "There is no such change.");
    const by = operatorOf(user);
    if (what === "approve") return this.#lineOf(await this.#controls.approve(by, id));
    await this.#controls.reject(by, id);
    return "It will not be made.";
  }

  #lineOf({ service, environment, name, value, definition, ...rest }: ControlRecord): string {
    const away = value !== definition.normal;
    const until = rest.expiry;
    const left = until === null ? undefined : until.at.getTime() - this.#clock.now();
    const facts = [
      `${slackEscaped(`${service} (${environment})`)} ${slackEscaped(name)}: ${away ? "*" : ""}${slackEscaped(inWords(value))}${away ? "*" : ""}`,
      ...(until === null || left === undefined
        ? []
        : [`for ${Math.max(1, Math.ceil(left / 60_000))} min more, then ${inWords(until.value)}`]),
      ...(away && rest.reason !== ""
        ? [slackEscaped(`${rest.changedBy}: ${cut(rest.reason, 200)}`)]
        : []),
    ];
    return facts.join(" · ");
  }

  #page(): string {
    return `<${this.#externalURL}/controls|Controls>`;
  }
}

/** Whoever Slack says it is, known by their e-mail: a person, so that they may be the second one. */
const operatorOf = ({ id, email }: UserRecord): Operator => ({
  name: email,
  personId: id,
  isPerson: true,
});

/** What was typed, as the control means it. */
function valueOf({ definition, name }: ControlRecord, typed: string): ControlValue {
  const { range } = definition;
  if (range.kind === "choice") return typed;
  if (range.kind === "number") {
    if (/^-?\d{1,15}(?:\.\d{1,15})?$/.test(typed)) return Number(typed);
    throw new ChatError("chat_request_invalid", `${name} takes a number, not "${cut(typed, 40)}".`);
  }
  const word = typed.toLowerCase();
  if (word === "on" || word === "true") return true;
  if (word === "off" || word === "false") return false;
  throw new ChatError("chat_request_invalid", `${name} takes on or off, not "${cut(typed, 40)}".`);
}

const requestInWords = (request: RequestRecord) =>
  slackEscaped(
    `${request.name} of ${request.service} (${request.environment}) → ${inWords(request.value)} waits for a second person. ${request.actor}: ${cut(request.reason, 300)}`,
  );

const section = (text: string) => ({
  type: "section",
  text: { type: "mrkdwn", text: cut(text, SECTION_LENGTH) },
});

/** A change that waits, with the buttons that decide it (Block Kit). */
function blocksOf(request: RequestRecord): readonly unknown[] {
  const button = (action: ControlButton, text: string, style: "primary" | "danger") => ({
    type: "button",
    action_id: action,
    style,
    text: { type: "plain_text", text },
    value: request.id,
  });
  return [
    section(requestInWords(request)),
    {
      type: "actions",
      block_id: `control ${request.id}`,
      elements: [
        button("control_approve", "Approve", "primary"),
        button("control_reject", "Reject", "danger"),
      ],
    },
  ];
}
