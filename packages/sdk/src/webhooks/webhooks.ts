import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { problemAnswer } from "../http/problem.ts";
import { readBody } from "../http/read-body.ts";
import { knownOptions, type OptionNames } from "../known-options.ts";
import { respond, setHeader } from "../respond.ts";
import { MemoryReplays, type Replays } from "./replays.ts";
import { forms, isSigned, type Headers, type Refusal, type Sender } from "./signatures.ts";

export interface WebhooksOptions {
  readonly sender: Sender;
  /** The signing secret, or several while one replaces another. */
  readonly secret: string | readonly string[] | undefined;
  /** How far the signed time may be from ours. Default: 300. GitHub signs no time. */
  readonly toleranceSeconds?: number;
  /**
   * Remembers deliveries, so that a copied request is refused; false for none. Default: this process's
   * memory, and none for GitHub, whose retries are signed like the first delivery.
   */
  readonly replays?: Replays | false;
  /** Most bytes of a body that the middleware reads. Default: 1 MiB. */
  readonly maxBytes?: number;
  /** The present. */
  readonly now?: () => Date;
}

export type Verification = { readonly ok: true } | { readonly ok: false; readonly reason: Refusal };

const optionNames: OptionNames<WebhooksOptions> = {
  sender: true,
  secret: true,
  toleranceSeconds: true,
  replays: true,
  maxBytes: true,
  now: true,
};

/** What the middleware leaves for the handler. */
interface WithBody {
  body?: unknown;
  rawBody?: Buffer;
}

/** Verifies one sender's webhooks: signature, age and replay, over the body as it came. */
export class Webhooks {
  readonly #sender: Sender;
  readonly #keys: readonly Buffer[];
  readonly #toleranceSeconds: number;
  readonly #replays: Replays | undefined;
  readonly #maxBytes: number;
  readonly #now: () => Date;

  /** @throws when an option is wrong, or there is no secret: an empty key is one that everybody knows. */
  constructor(options: WebhooksOptions) {
    knownOptions("webhooks", options, optionNames);
    const { sender } = options;
    if (!Object.hasOwn(forms, sender))
      throw new Error(`webhooks: there is no sender ${JSON.stringify(sender)}`);
    this.#sender = sender;
    this.#keys = [options.secret].flat().map((secret: unknown) => {
      const key = typeof secret === "string" ? forms[sender].key(secret) : Buffer.alloc(0);
      if (key.length < 8)
        throw new Error(`webhooks: the secret of ${sender} is missing or too short`);
      return key;
    });
    if (this.#keys.length === 0) throw new Error(`webhooks: the secret of ${sender} is missing`);
    this.#toleranceSeconds = number("toleranceSeconds", options.toleranceSeconds ?? 300);
    const { replays } = options;
    if (replays !== false && (replays !== undefined || sender !== "github"))
      this.#replays = replays ?? new MemoryReplays();
    this.#maxBytes = number("maxBytes", options.maxBytes ?? 1_048_576);
    this.#now = options.now ?? (() => new Date());
  }

  /** Verifies a delivery. `body` is the body as it came, not what a parser made of it. */
  async verify(headers: Headers, body: Uint8Array | string): Promise<Verification> {
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    const message = forms[this.#sender].read(headers, bytes);
    if (typeof message === "string") return refused(message);
    // The signature first: who cannot sign learns nothing about our clock.
    if (!isSigned(message, this.#keys)) return refused("wrong-signature");
    const { timestamp } = message;
    if (timestamp !== undefined) {
      const age = this.#now().getTime() / 1000 - timestamp;
      if (age > this.#toleranceSeconds) return refused("too-old");
      if (age < -this.#toleranceSeconds) return refused("too-new");
    }
    if (this.#replays === undefined) return { ok: true };
    // What was signed names the delivery: around the signature, in the same header, a stranger can
    // write, and Svix gives the id of a delivery that failed to its retries as well.
    const hash = createHash("sha256");
    for (const piece of message.content) hash.update(piece);
    const id = hash.digest("base64url");
    // What is older than twice the tolerance is refused for its age.
    const ttlMs = (timestamp === undefined ? 86_400 : 2 * this.#toleranceSeconds) * 1000;
    return (await this.#replays.claim(`${this.#sender}:${id}`, ttlMs))
      ? { ok: true }
      : refused("replayed");
  }

  /**
   * Middleware for Express, on the webhook's route and before any body parser. The handler finds the
   * parsed JSON (or the text) in `request.body` and the bytes in `request.rawBody`.
   */
  express(): (
    request: IncomingMessage & WithBody,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ) => void {
    const take = async (
      request: IncomingMessage & WithBody,
      response: ServerResponse,
    ): Promise<boolean> => {
      if (request.body !== undefined && !Buffer.isBuffer(request.body))
        throw new Error("a parser has read the webhook's body before: put the parser after this");
      const raw = Buffer.isBuffer(request.body)
        ? request.body
        : await readBody(request, this.#maxBytes);
      const answer =
        raw === undefined ? tooLarge : answerTo(await this.verify(request.headers, raw));
      if (answer !== undefined) {
        if (raw === undefined) setHeader(response, "connection", "close");
        respond(answer, request, response);
        return false;
      }
      request.rawBody = raw ?? Buffer.alloc(0);
      request.body = parsed(request.rawBody);
      return true;
    };
    return (request, response, next) => {
      const run = async () => {
        let error: unknown;
        try {
          if (!(await take(request, response))) return;
        } catch (caught) {
          error = caught;
        }
        next(error);
      };
      void run();
    };
  }

  /**
   * A hook for the route in Fastify: `{ preParsing: webhooks.fastify() }`. Fastify's own parser then
   * parses the body.
   */
  fastify(): (
    request: { readonly headers: Headers },
    reply: unknown,
    payload: Readable,
  ) => Promise<Readable> {
    return async (request, _reply, payload) => {
      const raw = await readBody(payload, this.#maxBytes);
      const answer =
        raw === undefined ? tooLarge : answerTo(await this.verify(request.headers, raw));
      if (raw === undefined || answer !== undefined)
        throw Object.assign(new Error("the webhook is refused"), {
          statusCode: answer?.status ?? 400,
        });
      // Fastify compares this with what was announced.
      return Object.assign(Readable.from([raw], { objectMode: false }), {
        receivedEncodedLength: raw.length,
      });
    };
  }
}

/** With NaN, which an unset variable becomes, every time and every size would be near enough. */
function number(name: string, value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new Error(`webhooks: ${name} must be a number from 0`);
}

function refused(reason: Refusal): Verification {
  return { ok: false, reason };
}

const tooLarge = problemAnswer(413, "The body is too large");

function answerTo(verification: Verification) {
  return verification.ok
    ? undefined
    : problemAnswer(verification.reason === "replayed" ? 409 : 401, "The webhook is refused", {
        detail: verification.reason,
      });
}

function parsed(raw: Buffer): unknown {
  const text = raw.toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
