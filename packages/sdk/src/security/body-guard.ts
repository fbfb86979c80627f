import type { IncomingMessage, ServerResponse } from "node:http";
import { TextDecoder } from "node:util";
import type { Answer } from "../http/answer.ts";
import { problemAnswer } from "../http/problem.ts";
import { respond, setHeader } from "../respond.ts";
import type { Place } from "./step.ts";

export interface BodyGuardOptions {
  /** Most bytes of a body, as they come over the wire. Default: 1 MiB. */
  readonly maxBytes?: number;
  /**
   * Other limits by path: `/upload` is that path, `/files/*` all below it. The longest match counts.
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
  readonly #prefixes: (readonly [prefix: string, bytes: number])[] = [];

  /** @throws an Error that names the limit or path which is wrong. */
  constructor(options: BodyGuardOptions = {}) {
    this.#maxBytes = bytes("maxBytes", options.maxBytes ?? 1_048_576);
    this.#utf8 = options.utf8 ?? true;
    for (const [path, limit] of Object.entries(options.routes ?? {})) {
      if (!path.startsWith("/"))
        throw new Error(`body limit for ${JSON.stringify(path)}: begin with /`);
      if (path.endsWith("/*")) this.#prefixes.push([path.slice(0, -1), bytes(path, limit)]);
      else this.#exact.set(path, bytes(path, limit));
    }
    this.#prefixes.sort(([a], [b]) => b.length - a.length);
  }

  /** The limit for a path without its query, in bytes. */
  limitOf(path: string): number {
    return (
      this.#exact.get(path) ??
      this.#prefixes.find(([prefix]) => path.startsWith(prefix))?.[1] ??
      this.#maxBytes
    );
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
    const limit = this.limitOf((request.url ?? "").split("?", 1)[0] ?? "");
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
