import { randomUUID } from "node:crypto";
import { z } from "zod";
import { defaultHttpConfig } from "../../../route/index.ts";
import type { HttpSender } from "../../../route/index.ts";
import { reveal } from "../../mail.ts";
import type { SlackConfig } from "../config.ts";
import { ChatFailure } from "../failure.ts";

/** How long we wait when Slack limits us without saying for how long, ms. */
const USUAL_PAUSE = 30_000;

const answer = z.looseObject({ ok: z.boolean(), error: z.string().optional() });

/** What Slack answered: a document, or the name of its error. */
export type SlackAnswer =
  | { readonly ok: true; readonly body: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly error: string };

/**
 * Slack's Web API. Arguments go as a form, which every method takes (the reading ones take no JSON);
 * lists and objects in them are JSON.
 */
export class SlackApi {
  readonly #config: Pick<SlackConfig, "apiUrl" | "token">;
  readonly #http: HttpSender;
  readonly #now: () => number;
  /** Until when Slack wants to be left alone. */
  #pausedUntil = 0;

  constructor(config: Pick<SlackConfig, "apiUrl" | "token">, http: HttpSender, now: () => number) {
    this.#config = config;
    this.#http = http;
    this.#now = now;
  }

  /** Calls a method. Throws ChatFailure when there is no answer for now, rate limits included. */
  async call(
    method: string,
    given: Readonly<Record<string, unknown>>,
    timeout = 0,
  ): Promise<SlackAnswer> {
    const paused = this.#pausedUntil - this.#now();
    if (paused > 0) throw new ChatFailure("Slack asked us to wait (rate limit)", paused);
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(given)) {
      if (value === undefined) continue;
      form.set(name, typeof value === "string" ? value : JSON.stringify(value));
    }
    const exchange = await this.#http.exchange({
      url: `${this.#config.apiUrl}/${method}`,
      body: form.toString(),
      contentType: "application/x-www-form-urlencoded; charset=utf-8",
      headers: { authorization: `Bearer ${await this.#token()}` },
      http: defaultHttpConfig,
      idempotencyKey: randomUUID(),
      timeout,
    });
    if (!exchange.ok) {
      const { outcome } = exchange;
      const after = outcome.kind === "retry" ? outcome.after : undefined;
      // Only a limit comes with a time to wait.
      if (after !== undefined) this.#pausedUntil = this.#now() + after;
      throw new ChatFailure(`${method}: ${outcome.error}`, after);
    }
    const read = readAnswer(exchange.answer.text);
    if (read === undefined) throw new ChatFailure(`${method}: Slack's answer is not its JSON`);
    if (read.ok) return { ok: true, body: read };
    const error = (read.error ?? "unknown_error").slice(0, 200);
    if (error === "ratelimited") {
      this.#pausedUntil = this.#now() + USUAL_PAUSE;
      throw new ChatFailure(`${method}: ${error}`, USUAL_PAUSE);
    }
    return { ok: false, error };
  }

  /** Calls a method that has to work. Throws ChatFailure with Slack's word for what is wrong. */
  async demand(
    method: string,
    given: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, unknown>>> {
    const called = await this.call(method, given);
    if (called.ok) return called.body;
    throw new ChatFailure(`${method}: Slack answered ${called.error}${hintOf(called.error)}`);
  }

  async #token(): Promise<string> {
    try {
      return await reveal(this.#config.token);
    } catch (error) {
      throw new ChatFailure(error instanceof Error ? error.message : String(error));
    }
  }
}

function readAnswer(text: string): z.infer<typeof answer> | undefined {
  try {
    return answer.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** What an operator can do about an error. */
function hintOf(error: string): string {
  const hint = HINTS[error];
  return hint === undefined ? "" : ` (${hint})`;
}

const HINTS: Readonly<Record<string, string>> = {
  invalid_auth: "check chat.slack.bot_token",
  not_authed: "check chat.slack.bot_token",
  token_revoked: "install the app again and set its new token",
  account_inactive: "install the app again and set its new token",
  missing_scope: "the app lacks a scope of the manifest in docs/slack.md",
  channel_not_found: "check chat.slack.channel, and invite the app where the channel is private",
  not_in_channel: "invite the app into the channel",
};
