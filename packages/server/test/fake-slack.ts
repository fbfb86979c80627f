import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A message as Slack keeps it. */
export interface SlackPost {
  readonly ts: string;
  text: string;
  blocks: SlackBlock[];
  readonly thread_ts: string | undefined;
  readonly metadata: unknown;
  /** How often it was changed. */
  changes: number;
}

export interface SlackBlock {
  readonly type: string;
  readonly text?: { readonly type: string; readonly text: string };
  readonly fields?: readonly { readonly type: string; readonly text: string }[];
  readonly elements?: readonly Readonly<Record<string, unknown>>[];
}

export interface SlackChannel {
  readonly id: string;
  readonly name: string;
  readonly creator: string;
  readonly posts: SlackPost[];
  readonly members: Set<string>;
  topic: string;
  archived: boolean;
}

export interface SlackUser {
  readonly id: string;
  readonly name: string;
  readonly email?: string;
}

/** What happens to a call instead of its answer: Slack may have done it all the same. */
export type Mishap =
  | { readonly kind: "limited"; readonly seconds: number }
  | { readonly kind: "done but not answered" }
  | { readonly kind: "error"; readonly error: string };

type Arguments = Readonly<Record<string, string>>;
type Reply = Readonly<Record<string, unknown>>;

const BOT = "UBOT00001";
const TOKEN = "xoxb-test";
const PAGE_OF_CHANNELS = 2;

/**
 * Slack's Web API as its documentation describes it, as far as an incident app calls it: forms with a
 * bearer token in, `{ok: …}` out, limits of names and blocks held.
 */
export class FakeSlack {
  readonly token = TOKEN;
  readonly signingSecret = "8f742231b10e8888abcd99yyyzzz85a5";
  readonly channels: SlackChannel[] = [];
  readonly users: SlackUser[] = [];
  /** Methods in the order in which they were called. */
  readonly calls: string[] = [];
  readonly ephemeral: { readonly user: string; readonly text: string }[] = [];
  /** Asked before each call. */
  mishap: (method: string) => Mishap | undefined = () => undefined;
  url = "";
  close: () => void = () => {};
  #count = 0;

  static async start(): Promise<FakeSlack> {
    const slack = new FakeSlack();
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const form = new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
        const method = (request.url ?? "").replace(/^\/api\//, "");
        const isForm = (request.headers["content-type"] ?? "").startsWith(
          "application/x-www-form-urlencoded",
        );
        slack.#receive(
          response,
          method,
          request.headers.authorization === `Bearer ${TOKEN}` && isForm,
          Object.fromEntries(form),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    slack.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
    slack.close = () => {
      server.closeAllConnections();
      server.close();
    };
    return slack;
  }

  /** Adds a channel that people made. */
  addChannel(id: string, name: string): SlackChannel {
    const channel: SlackChannel = {
      id,
      name,
      creator: "UHUMAN",
      posts: [],
      members: new Set([BOT]),
      topic: "",
      archived: false,
    };
    this.channels.push(channel);
    return channel;
  }

  channel(nameOrId: string): SlackChannel {
    const found = this.channels.find(({ id, name }) => id === nameOrId || name === nameOrId);
    if (found === undefined)
      throw new Error(`no channel ${nameOrId}: ${this.channels.map(({ name }) => name).join()}`);
    return found;
  }

  /** The headers by which Slack signs a request (version 0). */
  sign(body: string, now: number, secret = this.signingSecret): Record<string, string> {
    const timestamp = String(Math.floor(now / 1000));
    const mac = createHmac("sha256", secret).update(`v0:${timestamp}:${body}`).digest("hex");
    return { "x-slack-request-timestamp": timestamp, "x-slack-signature": `v0=${mac}` };
  }

  #receive(response: ServerResponse, method: string, known: boolean, given: Arguments): void {
    this.calls.push(method);
    const mishap = this.mishap(method);
    if (mishap?.kind === "limited") {
      response.writeHead(429, { "retry-after": String(mishap.seconds) }).end();
      return;
    }
    const reply = known
      ? mishap?.kind === "error"
        ? refuse(mishap.error)
        : this.#answer(method, given)
      : refuse("not_authed");
    if (mishap?.kind === "done but not answered") {
      response.destroy();
      return;
    }
    response.writeHead(200, { "content-type": "application/json; charset=utf-8" });
    response.end(JSON.stringify(reply));
  }

  #answer(method: string, given: Arguments): Reply {
    switch (method) {
      case "auth.test":
        return { ok: true, user_id: BOT, team: "Sea" };
      case "users.info":
        return this.#user(({ id }) => id === given["user"]);
      case "users.lookupByEmail":
        return this.#user(({ email }) => email === given["email"]);
      case "conversations.create":
        return this.#create(given["name"] ?? "");
      case "conversations.list":
        return this.#list(Number(given["cursor"] ?? 0));
      case "chat.postEphemeral":
        this.ephemeral.push({ user: given["user"] ?? "", text: given["text"] ?? "" });
        return { ok: true, message_ts: "1.1" };
      default:
        return this.#inChannel(method, given);
    }
  }

  #inChannel(method: string, given: Arguments): Reply {
    const channel = this.channels.find(({ id }) => id === given["channel"]);
    if (channel === undefined) return refuse("channel_not_found");
    if (channel.archived && method !== "conversations.archive") return refuse("is_archived");
    switch (method) {
      case "conversations.invite":
        if (channel.members.has(given["users"] ?? "")) return refuse("already_in_channel");
        channel.members.add(given["users"] ?? "");
        return { ok: true };
      case "conversations.setTopic":
        if ((given["topic"] ?? "").length > 250) return refuse("too_long");
        channel.topic = given["topic"] ?? "";
        return { ok: true };
      case "conversations.archive":
        if (channel.archived) return refuse("already_archived");
        channel.archived = true;
        return { ok: true };
      case "chat.postMessage":
        return this.#post(channel, given);
      case "chat.update":
        return update(channel, given);
      case "conversations.history":
        return page(
          channel.posts.filter((post) => post.thread_ts === undefined),
          given,
        );
      case "conversations.replies":
        return page(
          channel.posts.filter((post) => post.thread_ts === given["ts"]),
          given,
        );
      default:
        return refuse("unknown_method");
    }
  }

  #user(fits: (user: SlackUser) => boolean): Reply {
    const user = this.users.find(fits);
    if (user === undefined) return refuse("users_not_found");
    const { id, name, email } = user;
    return { ok: true, user: { id, name, real_name: name, profile: { email, display_name: "" } } };
  }

  #create(name: string): Reply {
    if (!/^[a-z0-9][a-z0-9_-]{0,79}$/.test(name)) return refuse("invalid_name_specials");
    if (this.channels.some((channel) => channel.name === name)) return refuse("name_taken");
    const channel: SlackChannel = {
      ...this.addChannel(`C${String(this.channels.length).padStart(8, "0")}`, name),
      creator: BOT,
    };
    this.channels[this.channels.length - 1] = channel;
    return { ok: true, channel: { id: channel.id, name } };
  }

  #list(from: number): Reply {
    const channels = this.channels.slice(from, from + PAGE_OF_CHANNELS);
    const next = from + PAGE_OF_CHANNELS;
    return {
      ok: true,
      channels: channels.map(({ id, name, creator }) => ({ id, name, creator })),
      response_metadata: { next_cursor: next < this.channels.length ? String(next) : "" },
    };
  }

  #post(channel: SlackChannel, given: Arguments): Reply {
    const blocks = JSON.parse(given["blocks"] ?? "[]") as SlackBlock[];
    const fault = blocksFault(blocks);
    if (fault !== undefined) return refuse(fault);
    this.#count += 1;
    const post: SlackPost = {
      ts: `${1_700_000_000 + this.#count}.000100`,
      text: given["text"] ?? "",
      blocks,
      thread_ts: given["thread_ts"],
      metadata: given["metadata"] === undefined ? undefined : JSON.parse(given["metadata"]),
      changes: 0,
    };
    channel.posts.push(post);
    return { ok: true, channel: channel.id, ts: post.ts, message: { text: post.text } };
  }
}

const refuse = (error: string): Reply => ({ ok: false, error });

function update(channel: SlackChannel, given: Arguments): Reply {
  const post = channel.posts.find(({ ts }) => ts === given["ts"]);
  if (post === undefined) return refuse("message_not_found");
  const blocks = JSON.parse(given["blocks"] ?? "[]") as SlackBlock[];
  const fault = blocksFault(blocks);
  if (fault !== undefined) return refuse(fault);
  post.text = given["text"] ?? "";
  post.blocks = blocks;
  post.changes += 1;
  return { ok: true, channel: channel.id, ts: post.ts };
}

/** The newest first, a page at a time. */
function page(posts: readonly SlackPost[], given: Arguments): Reply {
  const from = Number(given["cursor"] ?? 0);
  const limit = Number(given["limit"] ?? 100);
  const newest = posts.toReversed();
  return {
    ok: true,
    messages: newest.slice(from, from + limit).map(({ ts, text, metadata }) => ({
      type: "message",
      ts,
      text,
      ...(given["include_all_metadata"] === "true" ? { metadata } : {}),
    })),
    response_metadata: { next_cursor: from + limit < newest.length ? String(from + limit) : "" },
  };
}

/** Block Kit's limits, as far as these blocks have any. */
export function blocksFault(blocks: readonly SlackBlock[]): string | undefined {
  if (blocks.length > 50) return "invalid_blocks: more than 50";
  for (const { type, text, fields = [], elements = [] } of blocks) {
    if (!["section", "actions"].includes(type)) return `invalid_blocks: ${type}`;
    if (text !== undefined && (text.text.length < 1 || text.text.length > 3000))
      return "invalid_blocks: text of 1 to 3000";
    if (fields.length > 10 || fields.some((field) => field.text.length > 2000))
      return "invalid_blocks: fields";
    if (elements.length > 25) return "invalid_blocks: elements";
    for (const element of elements) {
      const label = (element["text"] as { text: string }).text;
      if (label.length > 75 || JSON.stringify(element["value"] ?? "").length > 2000)
        return "invalid_blocks: button";
    }
  }
  return undefined;
}
