import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { outsideOfRequests } from "../context.ts";
import { ownAgent } from "../export/post.ts";
import { EventReader } from "./event-reader.ts";
import { maxSnapshot } from "./values.ts";

/** How a request went. */
export type Outcome =
  /** The stream was open, and is not any more. */
  | { readonly kind: "ended" }
  /** The values, or undefined when they are what is known already. */
  | { readonly kind: "values"; readonly json: string | undefined; readonly tag: string | undefined }
  /** Seaworthy said no, or something in between did. */
  | { readonly kind: "refused"; readonly status: number; readonly afterMs: number }
  /** Nobody answered, or not what was asked for. */
  | { readonly kind: "failed"; readonly error: unknown };

const agents = {
  "http:": ownAgent(new HttpAgent({ keepAlive: true })),
  "https:": ownAgent(new HttpsAgent({ keepAlive: true })),
};

/** Longest `retry-after` that is heeded, in milliseconds. */
const maxAfterMs = 300_000;

interface Asked {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds without a byte after which the connection is taken for dead. */
  readonly silenceMs: number;
  /** Aborts what is under way. */
  readonly signal: AbortSignal;
}

/**
 * Sends a GET and gives the response to `take`, which may resolve at any time. Nothing of it keeps the
 * process alive, and nothing belongs to the request that the application serves meanwhile.
 */
function get(
  { url, headers, silenceMs, signal }: Asked,
  take: (response: IncomingMessage, done: (outcome: Outcome) => void) => void,
): Promise<Outcome> {
  return new Promise((resolve) => {
    outsideOfRequests(() => {
      const secure = url.protocol === "https:";
      const request = (secure ? httpsRequest : httpRequest)(url, {
        agent: secure ? agents["https:"] : agents["http:"],
        headers,
        signal,
      });
      const done = (outcome: Outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      };
      const timer = setTimeout(() => {
        request.destroy(new Error(`nothing was heard for ${silenceMs} ms`));
      }, silenceMs).unref();
      request.on("socket", (socket) => socket.unref());
      let answered = false;
      request.on("error", (error) => {
        if (!answered) done({ kind: "failed", error });
      });
      request.on("response", (response) => {
        answered = true;
        response.on("data", () => timer.refresh());
        // "close" follows, and says what it means.
        response.on("error", () => {});
        take(response, (outcome) => {
          done(outcome);
          if (!response.complete) request.destroy();
        });
      });
      request.end();
    });
  });
}

function refusal(response: IncomingMessage): Outcome {
  const after = Number(response.headers["retry-after"]) * 1_000;
  return {
    kind: "refused",
    status: response.statusCode ?? 0,
    afterMs: after > 0 ? Math.min(after, maxAfterMs) : 0,
  };
}

/** Asks for the values once. */
export function askValues(asked: Asked): Promise<Outcome> {
  return get(asked, (response, done) => {
    let body = "";
    response.setEncoding("utf8");
    response.on("data", (piece: string) => {
      body += piece;
      if (body.length > maxSnapshot)
        done({ kind: "failed", error: new Error("the controls are too long an answer") });
    });
    response.on("end", () => {
      const tag = response.headers.etag;
      if (response.statusCode === 304) done({ kind: "values", json: undefined, tag });
      else if (response.statusCode === 200) done({ kind: "values", json: body, tag });
      else done(refusal(response));
    });
    response.on("close", () => done({ kind: "failed", error: new Error("the answer was cut") }));
  });
}

/**
 * Listens to the stream until it ends. `opened` is called at its first bytes: a proxy that holds them
 * back has not opened it.
 */
export function listen(
  asked: Asked,
  told: { readonly opened: () => void; readonly values: (json: string) => void },
): Promise<Outcome> {
  return get(asked, (response, done) => {
    const type = response.headers["content-type"] ?? "";
    if (response.statusCode !== 200) {
      response.resume();
      done(refusal(response));
      return;
    }
    if (!type.startsWith("text/event-stream")) {
      done({ kind: "failed", error: new Error(`a stream was asked for, "${type}" came`) });
      return;
    }
    const reader = new EventReader();
    let isOpen = false;
    response.setEncoding("utf8");
    response.on("data", (piece: string) => {
      if (!isOpen) told.opened();
      isOpen = true;
      try {
        for (const { data } of reader.read(piece)) told.values(data);
      } catch (error) {
        done({ kind: "failed", error });
      }
    });
    response.on("close", () => {
      if (isOpen) done({ kind: "ended" });
      else done({ kind: "failed", error: new Error("the stream ended before it began") });
    });
  });
}
