import { request as httpRequest, Agent as HttpAgent, type IncomingMessage } from "node:http";
import { request as httpsRequest, Agent as HttpsAgent } from "node:https";

/** Longest time that one attempt may take, from the first byte to the last, in milliseconds. */
const attemptMs = 10_000;
/** Most of an answer that is read, in bytes: enough for an OTLP partial success. */
const maxAnswer = 16_384;

export interface Answer {
  readonly status: number;
  /** As far as it came in time and within the limit. */
  readonly body: string;
  /** The `retry-after` header. */
  readonly retryAfter: string | undefined;
}

export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** For tests: the time that one attempt may take, in milliseconds. */
  readonly attemptMs?: number;
}

const own = new WeakSet<object>();

/** Makes the agent one of the kit's own. */
export function ownAgent<Each extends object>(agent: Each): Each {
  own.add(agent);
  return agent;
}

// Idle connections do not keep the process: Node lets go of them by itself.
const agents = {
  "http:": ownAgent(new HttpAgent({ keepAlive: true, maxSockets: 4 })),
  "https:": ownAgent(new HttpsAgent({ keepAlive: true, maxSockets: 4 })),
};

/** Whether a request is one of the kit's own, which nobody wants to see among the service's. */
export function isOwnAgent(agent: unknown): boolean {
  return typeof agent === "object" && agent !== null && own.has(agent);
}

/**
 * Sends a body and resolves with the answer. Rejects when there is none in time. A server that sends
 * its headers and then trickles or floods has answered: what is missing of the body is done without.
 */
export function post(url: URL, body: Uint8Array, options: PostOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const secure = url.protocol === "https:";
    const request = (secure ? httpsRequest : httpRequest)(url, {
      method: "POST",
      agent: secure ? agents["https:"] : agents["http:"],
      headers: { ...options.headers, "content-length": body.length },
    });
    let answer: IncomingMessage | undefined;
    let text = "";
    const answered = () => {
      clearTimeout(timer);
      resolve({
        status: answer?.statusCode ?? 0,
        body: text,
        retryAfter: answer?.headers["retry-after"],
      });
    };
    const timer = setTimeout(() => {
      if (answer === undefined) reject(new Error("no answer in time"));
      else answered();
      request.destroy();
    }, options.attemptMs ?? attemptMs);
    timer.unref();
    // A service that has nothing else to do may end, whatever is under way here.
    request.on("socket", (socket) => socket.unref());
    request.on("response", (response) => {
      answer = response;
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        if (text.length < maxAnswer) text += chunk;
        else request.destroy();
      });
      // "close" follows in all cases: the end, a reset, the limit above.
      response.on("error", () => {});
      response.on("close", answered);
    });
    request.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.end(body);
  });
}
