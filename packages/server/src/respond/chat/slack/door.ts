import { z } from "zod";
import { SeaworthyError } from "../../../model/index.ts";
import type { Announce, Clock } from "../../../model/index.ts";
import {
  findUserByEmail,
  incidentOfChannel,
  noteMessage,
  notePlace,
  takeRequest,
  writeAudit,
} from "../../../store/index.ts";
import type { IncidentSummaryRecord, Records, UserRecord } from "../../../store/index.ts";
import { reveal } from "../../mail.ts";
import type { Controls } from "../../controls/interface.ts";
import type { Incidents } from "../../incidents/incidents.ts";
import { slackEscaped } from "../../slack-text.ts";
import type { SlackSide } from "../chat.ts";
import { ChatError } from "../errors.ts";
import { ChatFailure } from "../failure.ts";
import { stateInWords } from "../words.ts";
import { readCommand, USAGE } from "./command.ts";
import type { Command } from "./command.ts";
import { isControlButton, readControlCommand, SlackControls } from "./controls.ts";
import type { ControlAnswer } from "./controls.ts";
import { BUTTONS } from "./message.ts";
import type { Button } from "./message.ts";
import { signatureFault } from "./signature.ts";
import type { SlackSignature } from "./signature.ts";
import { cut, mentionsIn, plainText } from "./text.ts";

const PLACE = "slack";
/** Text of a command beyond this is not read: Slack's own limit is 8,000. */
const MOST_TEXT = 4000;
/** People that a message mentions and that are looked up. */
const MOST_MENTIONS = 10;
/** Incidents in an answer to `list`. */
const MOST_LISTED = 15;

const id = z.string().min(1).max(40);
const eventBody = z.union([
  z.looseObject({ type: z.literal("url_verification"), challenge: z.string().max(1000) }),
  z.looseObject({
    type: z.literal("event_callback"),
    event: z.looseObject({ type: z.string().max(100) }),
  }),
]);
const messageEvent = z.looseObject({
  type: z.literal("message"),
  channel: id,
  user: id,
  text: z.string(),
  ts: z.string().regex(/^\d{1,16}\.\d{1,9}$/),
  thread_ts: z.string().max(40).optional(),
  subtype: z.enum(["file_share", "thread_broadcast"]).optional(),
  bot_id: z.undefined().optional(),
});
const commandForm = z.looseObject({ user_id: id, channel_id: id, text: z.string().default("") });
const interaction = z.looseObject({
  type: z.string().max(100),
  user: z.looseObject({ id }),
  channel: z.looseObject({ id }).optional(),
  actions: z
    .array(z.looseObject({ action_id: z.string().max(300), value: z.string().max(100).optional() }))
    .max(25)
    .optional(),
});

/** What Slack shows to the person who asked, or to all who are in the channel. */
export interface CommandAnswer {
  readonly response_type: "ephemeral" | "in_channel";
  readonly text: string;
  readonly blocks?: readonly unknown[];
}

/** What people do in Slack: messages in an incident's channel, buttons, the slash command. */
export interface SlackDoor {
  /** Throws `chat_signature_refused` for a request that is not Slack's, or is old. */
  verify(signature: SlackSignature, body: Buffer): Promise<void>;
  /** Throws `chat_request_replayed` for a signed request that was taken before. */
  takeOnce(signature: SlackSignature): Promise<void>;
  /** The Events API: answers the challenge of an URL's verification, else nothing. */
  event(body: unknown): Promise<{ readonly challenge: string } | undefined>;
  command(form: unknown): Promise<CommandAnswer>;
  /** A button; what is wrong is told to whoever pressed it. */
  interaction(payload: unknown): Promise<void>;
}

export interface SlackDoorDeps {
  /** Slack as it is configured now, if it is. */
  readonly slack: () => SlackSide | undefined;
  readonly records: Records;
  readonly clock: Clock;
  readonly incidents: Pick<
    Incidents,
    | "get"
    | "list"
    | "open"
    | "acknowledge"
    | "moveTo"
    | "resolve"
    | "reopen"
    | "escalate"
    | "comment"
  >;
  readonly controls: Pick<Controls, "list" | "set" | "approve" | "reject">;
  readonly announce: Announce;
  readonly externalURL: string;
}

/** Makes the door for an app of Slack. */
export function createSlackDoor(deps: SlackDoorDeps): SlackDoor {
  return new Door(deps);
}

class Door implements SlackDoor {
  readonly #deps: SlackDoorDeps;

  readonly #controls: SlackControls;

  constructor(deps: SlackDoorDeps) {
    this.#deps = deps;
    this.#controls = new SlackControls(deps);
  }

  async verify(signature: SlackSignature, body: Buffer): Promise<void> {
    const secret = await reveal(this.#slack().config.signingSecret);
    const fault = signatureFault(signature, body, secret, this.#deps.clock.now());
    if (fault !== undefined)
      throw new ChatError("chat_signature_refused", `This was not taken for Slack's: ${fault}.`);
  }

  #slack(): SlackSide {
    const slack = this.#deps.slack();
    if (slack !== undefined) return slack;
    throw new ChatError("chat_not_configured", "Slack is not set up here: chat.slack.");
  }

  async takeOnce({ signature }: SlackSignature): Promise<void> {
    const { records, clock } = this.#deps;
    if (await takeRequest(records.db, String(signature), new Date(clock.now()))) return;
    throw new ChatError("chat_request_replayed", "This very request has been taken before.");
  }

  async event(body: unknown): Promise<{ readonly challenge: string } | undefined> {
    const read = eventBody.safeParse(body).data;
    if (read === undefined)
      throw new ChatError("chat_request_invalid", "This is no event of Slack's Events API.");
    if (read.type === "url_verification") return { challenge: read.challenge };
    const message = messageEvent.safeParse(read.event).data;
    if (message !== undefined) await this.#note(message);
    return undefined;
  }

  async command(form: unknown): Promise<CommandAnswer> {
    const read = commandForm.safeParse(form).data;
    if (read === undefined)
      throw new ChatError("chat_request_invalid", "This is no slash command of Slack's.");
    let answer: ControlAnswer = { text: "" };
    const [, asked] = /^\s*controls?(?:\s+(.*))?$/is.exec(read.text) ?? [];
    const problem = await this.#answerTo(async () => {
      if (asked === undefined && !/^\s*controls?\s*$/i.test(read.text)) {
        const text = await this.#obey(readCommand(read.text), read.user_id, read.channel_id);
        answer = { text };
      } else answer = await this.#control(asked ?? "list", read.user_id);
      return "";
    });
    if (problem !== "") return { response_type: "ephemeral", text: problem };
    const { text, blocks, inChannel = false } = answer;
    return {
      response_type: inChannel ? "in_channel" : "ephemeral",
      text,
      ...(blocks === undefined ? {} : { blocks }),
    };
  }

  async #control(text: string, slackUser: string): Promise<ControlAnswer> {
    const command = readControlCommand(cut(text, MOST_TEXT));
    const isLook = command.kind === "controls" || command.kind === "help";
    const user = await (isLook ? this.#personOf(slackUser) : this.#personWhoMay(slackUser));
    return this.#controls.obey(command, user);
  }

  async interaction(payload: unknown): Promise<void> {
    const read = interaction.safeParse(payload).data;
    if (read === undefined)
      throw new ChatError("chat_request_invalid", "This is no interaction of Slack's.");
    if (read.type !== "block_actions") return;
    for (const { action_id: action, value } of read.actions ?? []) {
      if (value === undefined) continue;
      const button = BUTTONS.find((one) => one === action);
      if (button === undefined && !isControlButton(action)) continue;
      const problem = await this.#answerTo(async () => {
        if (isControlButton(action)) {
          const user = await this.#personWhoMay(read.user.id);
          return this.#controls.press(action, value, user);
        }
        if (button !== undefined) await this.#press(button, value, read.user.id);
        return "";
      });
      const { channel } = read;
      if (problem === "" || channel === undefined) continue;
      const told = { channel: channel.id, user: read.user.id, text: problem };
      await this.#slack()
        .api.call("chat.postEphemeral", told, 2000)
        .catch((error: unknown) => {
          // That somebody is not told why must not make Slack repeat the request.
          if (!(error instanceof ChatFailure)) throw error;
        });
    }
  }

  /** An answer for people, whatever goes wrong that they should know of. */
  async #answerTo(work: () => Promise<string>): Promise<string> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof SeaworthyError) return slackEscaped(error.message);
      if (error instanceof ChatFailure)
        return slackEscaped(`Slack did not say who you are: ${error.message}. Try again.`);
      throw error;
    }
  }

  async #press(button: Button, incidentId: string, slackUser: string): Promise<void> {
    const { incidents } = this.#deps;
    const { email } = await this.#personWhoMay(slackUser);
    await incidents[button](email, incidentId);
  }

  async #obey(command: Command, slackUser: string, channel: string): Promise<string> {
    if (command.kind === "help")
      return [
        ...(command.problem === undefined ? [] : [slackEscaped(command.problem)]),
        USAGE,
      ].join("\n");
    const { incidents } = this.#deps;
    if (command.kind === "list") {
      await this.#personOf(slackUser);
      const { incidents: open } = await incidents.list({ state: "open", limit: MOST_LISTED });
      return open.length === 0
        ? "No incident is open."
        : open.map((one) => this.#lineOf(one)).join("\n");
    }
    if (command.kind === "open") {
      const { email } = await this.#personWhoMay(slackUser);
      const { title, severity, service } = command;
      const { incident } = await incidents.open(email, { title, severity, service });
      return `Opened ${this.#lineOf(incident)}`;
    }
    const about = command.number ?? (await this.#incidentOf(channel));
    if (about === undefined)
      return "Which incident? Say its number, or ask in the incident's channel.";
    if (command.kind === "show") {
      await this.#personOf(slackUser);
      return this.#lineOf((await incidents.get(about)).incident);
    }
    const { email } = await this.#personWhoMay(slackUser);
    const { incident } = await this.#change(command, email, about);
    return `${DONE[command.kind]}: ${this.#lineOf(incident)}`;
  }

  #change(command: Change, email: string, about: string): ReturnType<Incidents["get"]> {
    const { incidents } = this.#deps;
    switch (command.kind) {
      case "note":
        return incidents.comment(email, about, command.text);
      case "move":
        return incidents.moveTo(email, about, command.state, command.comment || undefined);
      case "resolve":
      case "reopen":
        return incidents[command.kind](email, about, command.comment || undefined);
      default:
        return incidents[command.kind](email, about);
    }
  }

  #lineOf({ number, title, severity, state }: IncidentSummaryRecord): string {
    const url = `${this.#deps.externalURL}/incidents/${number}`;
    return `*<${url}|#${number}>* ${severity} ${slackEscaped(cut(title, 200))} (${stateInWords(state)})`;
  }

  #incidentOf(channel: string, thread?: string): Promise<string | undefined> {
    return incidentOfChannel(this.#deps.records.db, PLACE, channel, thread);
  }

  /** A person's message in an incident's channel, or in the thread of its announcement. */
  async #note(message: z.infer<typeof messageEvent>): Promise<void> {
    const { records, clock, announce } = this.#deps;
    const slack = this.#slack();
    const incidentId = await this.#incidentOf(message.channel, message.thread_ts);
    if (incidentId === undefined) return;
    const names = new Map<string, string>();
    for (const mentioned of mentionsIn(message.text, MOST_MENTIONS)) {
      const person = await slack.people.byId(mentioned).catch(() => undefined);
      if (person !== undefined) names.set(mentioned, person.name);
    }
    const text = plainText(message.text, (user) => names.get(user));
    if (text === "") return;
    // Whoever Slack does not name for now is noted by the id: better than not at all.
    const { user, slackName } = await this.#known(message.user).catch((error: unknown) => {
      if (!(error instanceof ChatFailure)) throw error;
      return { user: undefined, slackName: message.user };
    });
    const actor = user?.email ?? `slack:${cut(slackName, 100)}`;
    const at = new Date(clock.now());
    const isNew = await records.transaction(async (tx) => {
      const { channel, ts } = message;
      if (!(await noteMessage(tx, { place: PLACE, channel, ts, incidentId, at, actor, text })))
        return false;
      await notePlace(tx, PLACE, { heard_at: at });
      const action = "incident.comment";
      await writeAudit(tx, { at: at.getTime(), actor, action, subject: incidentId });
      return true;
    });
    if (isNew) announce({ topic: "incidents", id: incidentId });
  }

  /** Who somebody of the workspace is here, by their e-mail. Throws ChatFailure. */
  async #known(
    slackUser: string,
  ): Promise<{ readonly user: UserRecord | undefined; readonly slackName: string }> {
    const { records } = this.#deps;
    const person = await this.#slack().people.byId(slackUser);
    const { email } = person ?? {};
    return {
      user: email === undefined ? undefined : await findUserByEmail(records.db, email),
      slackName: person?.name ?? slackUser,
    };
  }

  async #personOf(slackUser: string): Promise<UserRecord> {
    const { user, slackName } = await this.#known(slackUser);
    if (user !== undefined) return user;
    throw new ChatError(
      "chat_request_invalid",
      `Seaworthy does not know you, ${slackName}: an admin adds people under On-call, with the e-mail that they have in Slack.`,
    );
  }

  async #personWhoMay(slackUser: string): Promise<UserRecord> {
    const user = await this.#personOf(slackUser);
    if (user.role !== "viewer") return user;
    throw new ChatError(
      "chat_request_invalid",
      "You may look at incidents and controls, and not change them.",
    );
  }
}

/** A command that changes an incident which is there. */
type Change = Exclude<Command, { readonly kind: "help" | "list" | "open" | "show" }>;

const DONE: Readonly<Record<Change["kind"], string>> = {
  acknowledge: "You are on it",
  escalate: "The next ones are paged",
  move: "Changed",
  reopen: "Reopened",
  resolve: "Resolved",
  note: "Noted",
};
