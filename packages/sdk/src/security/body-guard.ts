import type { IncomingMessage, ServerResponse } from "node:http";
import { TextDecoder } from "node:util";
import type { Answer } from "../http/answer.ts";
import { problemAnswer } from "../http/problem.ts";
import { knownOptions } from "../known-options.ts";
import { respond, setHeader } from "../respond.ts";
import type { Place } from "./step.ts";

export interface BodyGuardOptions {
  /** Most bytes of a body, as they come over the wire. Default: 1 MiB. */
  readonly maxBytes?: number;
  /**
   * Other limits by path: `/upload` is that path, `/files/*` all below it, `/users/:id/avatar` that
   * path of any user. The longest match counts. A slash at the end, upper case and what is written as
   * `%61` make no difference, as routers differ in them.
   */
  readonly routes?: Readonly<Record<string, number>>;
  /** Whether texts (JSON, forms, text/*) must be valid UTF-8. Default: true. */
  readonly utf8?: boolean;
}

const textual =
  /^(?:text\/|application\/(?:json|x-www-form-urlencoded|[\w.+-]{1,100}\+json)(?:$|[;\s]))/i;

/**
 * Watches bodies while they arrive, before any parser has them: too large or not the text that it says
 * it is ends the request with 413 or 400, and the connection with it.
 */
export class BodyGuard {
  readonly #maxBytes: number;
  readonly #utf8: boolean;
  readonly #exact = new Map<string, number>();
  /** Longest first. */
  readonly #patterns: Pattern[] = [];

  /** @throws an Error that names the limit or path which is wrong. */
  constructor(options: BodyGuardOptions = {}) {
    knownOptions("body guard", options, { maxBytes: true, routes: true, utf8: true });
    this.#maxBytes = bytes("maxBytes", options.maxBytes ?? 1_048_576);
    this.#utf8 = options.utf8 ?? true;
    for (const [path, limit] of Object.entries(options.routes ?? {})) {
      if (!/^(?:\/(?:[^/?#*:][^/?#*]*|:\w+)?)+(?:(?<=\/)\*)?$/.test(path))
        throw new Error(
          `body limit for ${JSON.stringify(path)}: begin with /, name parameters like :id, and put * at the end only`,
        );
      const below = path.endsWith("/*");
      const plain = normal(below ? path.slice(0, -2) : path);
      if (below || path.includes("/:"))
        this.#patterns.push({
          parts: plain.split("/"),
          below,
          length: path.length,
          limit: bytes(path, limit),
        });
      else this.#exact.set(plain, bytes(path, limit));
    }
    this.#patterns.sort((a, b) => b.length - a.length);
  }

  /** The limit for a path without its query, in bytes. */
  limitOf(path: string): number {
    if (this.#exact.size + this.#patterns.length === 0) return this.#maxBytes;
    const plain = normal(path);
    const exact = this.#exact.get(plain);
    if (exact !== undefined) return exact;
    if (this.#patterns.length === 0) return this.#maxBytes;
    const parts = plain.split("/");
    return this.#patterns.find((pattern) => matches(pattern, parts))?.limit ?? this.#maxBytes;
  }

  /**
   * Begins the watch; returns false when the request was refused, and answered, for what it announced.
   * Call it before anything reads the body. `refused` is told before a later refusal is answered.
   */
  watch(
    request: IncomingMessage,
    response: ServerResponse,
    refused: () => void = () => {},
  ): boolean {
    const limit = this.limitOf(pathOf(request.url ?? ""));
    const refuse = (answer: Answer) => {
      refused();
      // An answer that has ended still has to go out; one under way cannot be ended as it should.
      if (response.headersSent && (!response.writableEnded || response.writableFinished)) {
        request.destroy();
        return;
      }
      // The rest of the body would be taken for the next request.
      setHeader(response, "connection", "close");
      response.once("finish", () => request.destroy());
      respond(answer, request, response);
    };
    const announced = Number(request.headers["content-length"] ?? 0);
    if (announced > limit) {
      refuse(tooLarge(limit));
      return false;
    }
    const decoder =
      this.#utf8 &&
      request.headers["content-encoding"] === undefined &&
      textual.test(request.headers["content-type"] ?? "") &&
      !/charset=(?!"?utf-?8)/i.test(request.headers["content-type"] ?? "")
        ? new TextDecoder("utf-8", { fatal: true })
        : undefined;
    // What came while something before took its time. Nothing is read that need not be: who reads
    // after us may want to be the first.
    const early = request.readableLength > 0 ? (request.read() as Buffer | null) : null;
    let received = early?.byteLength ?? 0;
    if (received > limit) {
      refuse(tooLarge(limit));
      return false;
    }
    if (decoder !== undefined && early !== null) {
      const whole = decodes(decoder, early) && (!request.complete || decodes(decoder, undefined));
      if (!whole) {
        refuse(notUtf8);
        return false;
      }
    }
    if (early !== null) request.unshift(early);
    let over = false;
    const push = request.push.bind(request);
    // Whatever reads the body (a parser, a pipe, a handler), it passes here first.
    request.push = (chunk: unknown, encoding?: BufferEncoding) => {
      if (over) return false;
      const data = chunk instanceof Uint8Array ? chunk : undefined;
      received += data?.byteLength ?? 0;
      over = received > limit;
      if (over) {
        refuse(tooLarge(limit));
        return false;
      }
      if (decoder !== undefined && !decodes(decoder, data)) {
        over = true;
        refuse(notUtf8);
        return false;
      }
      return push(chunk, encoding);
    };
    return true;
  }

  /** As a step of `protectKoa` and its like. */
  before(request: IncomingMessage, response: ServerResponse, { answering }: Place): boolean {
    return this.watch(request, response, answering);
  }

  /** Middleware for Express, before the body parsers. */
  express(): (request: IncomingMessage, response: ServerResponse, next: () => void) => void {
    return (request, response, next) => {
      if (this.watch(request, response)) next();
    };
  }

  /** A hook for Fastify: `app.addHook("onRequest", guard.fastify())`; `bodyLimit` stays as it is. */
  fastify(): (
    request: { readonly raw: IncomingMessage },
    reply: { readonly raw: ServerResponse; hijack(): unknown },
    done: () => void,
  ) => void {
    return (request, reply, done) => {
      if (this.watch(request.raw, reply.raw, () => reply.hijack())) done();
    };
  }
}

/** A path with parameters, or all below one. */
interface Pattern {
  /** Between the slashes; those of parameters begin with a colon. */
  readonly parts: readonly string[];
  readonly below: boolean;
  readonly length: number;
  readonly limit: number;
}

function matches({ parts, below }: Pattern, path: readonly string[]): boolean {
  if (below ? path.length <= parts.length : path.length !== parts.length) return false;
  return parts.every((part, at) => part.startsWith(":") || part === path[at]);
}

/** The path of a target, which may be a whole address: `POST http://host/upload`. */
function pathOf(target: string): string {
  const path = target.startsWith("/") ? target : target.replace(/^[a-z]+:\/\/[^/?]*/i, "");
  return path.split("?", 1)[0] ?? "";
}

/** A path as it is compared. */
function normal(path: string): string {
  let plain = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  if (plain.includes("%"))
    try {
      plain = decodeURI(plain);
    } catch {
      // What does not decode has no route.
    }
  return plain.toLowerCase();
}

function bytes(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0) return value;
  throw new Error(`body limit ${name} must be a whole number of bytes`);
}

/** @param data undefined at the end of the body */
function decodes(decoder: TextDecoder, data: Uint8Array | undefined): boolean {
  try {
    decoder.decode(data, { stream: data !== undefined });
    return true;
  } catch {
    return false;
  }
}

function tooLarge(limit: number): Answer {
  return problemAnswer(413, "The body is too large", {
    detail: `At most ${limit} bytes are taken.`,
  });
}

const notUtf8 = problemAnswer(400, "The body is not valid UTF-8");
