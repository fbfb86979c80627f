import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer } from "../http/answer.ts";
import { problemAnswer } from "../http/problem.ts";
import { respond } from "../respond.ts";
import type { Step } from "../security/step.ts";
import type { Controls } from "./controls.ts";

export interface ControlGateOptions {
  /** Paths that the kill switch stops, with all below them: `["/checkout"]`. Default: all. */
  readonly routes?: readonly string[];
  /** Paths that neither stops, with all below them. Default: none. */
  readonly except?: readonly string[];
  /** What safe mode refuses. Default: POST, PUT, PATCH and DELETE. */
  readonly writes?: readonly string[];
  /** When callers should come again, in seconds. Default: 30. */
  readonly retryAfterSeconds?: number;
  /** The names of the switches, or false for none. Default: "kill-switch" and "safe-mode". */
  readonly killSwitch?: string | false;
  readonly safeMode?: string | false;
}

/** What the Fastify hook needs of a reply. */
interface HookReply {
  readonly raw: { readonly headersSent: boolean };
  header(name: string, value: string): unknown;
  code(status: number): unknown;
  send(body: string): unknown;
}

/** Refuses what operators have switched off: 503 with `Retry-After` and problem details. */
export class ControlGate implements Step {
  readonly #controls: Pick<Controls, "value">;
  readonly #options: ControlGateOptions;
  readonly #writes: ReadonlySet<string>;

  constructor(controls: Pick<Controls, "value">, options: ControlGateOptions = {}) {
    this.#controls = controls;
    this.#options = options;
    this.#writes = new Set(
      (options.writes ?? ["POST", "PUT", "PATCH", "DELETE"]).map((method) => method.toUpperCase()),
    );
  }

  /** The answer to a request that is refused now; undefined for one that may go on. */
  refusal(method: string, target: string): Answer | undefined {
    const {
      routes,
      except = [],
      killSwitch = "kill-switch",
      safeMode = "safe-mode",
    } = this.#options;
    const path = target.split("?", 1)[0] ?? "/";
    if (isBelow(path, except)) return undefined;
    if (this.#isOn(killSwitch) && (routes === undefined || isBelow(path, routes)))
      return this.#answer(killSwitch, "This is switched off at the moment. Try again later.");
    if (this.#isOn(safeMode) && this.#writes.has(method))
      return this.#answer(safeMode, "Nothing can be changed at the moment. Try again later.");
    return undefined;
  }

  /** For `protectNode`, `protectKoa`, `protectHono` and `protectNest`. */
  before(request: IncomingMessage, response: ServerResponse): boolean {
    const answer = this.refusal(request.method ?? "GET", request.url ?? "/");
    if (answer === undefined) return true;
    respond(answer, request, response);
    return false;
  }

  /** For Express: `app.use(gate.express())`. */
  express(): (request: IncomingMessage, response: ServerResponse, next: () => void) => void {
    return (request, response, next) => {
      const { originalUrl } = request as { originalUrl?: string };
      const answer = this.refusal(request.method ?? "GET", originalUrl ?? request.url ?? "/");
      if (answer === undefined) next();
      else respond(answer, request, response);
    };
  }

  /** For Fastify: `app.addHook("onRequest", gate.fastify())`, or of one route. */
  fastify(): (
    request: { readonly method: string; readonly url: string },
    reply: HookReply,
  ) => Promise<unknown> {
    return async (request, reply) => {
      const answer = this.refusal(request.method, request.url);
      if (answer === undefined) return undefined;
      if (reply.raw.headersSent) return reply;
      for (const [name, value] of Object.entries(answer.headers)) reply.header(name, value);
      reply.header("cache-control", "no-store");
      reply.code(answer.status);
      reply.send(answer.body);
      return reply;
    };
  }

  #isOn(name: string | false): name is string {
    return name !== false && this.#controls.value(name, false);
  }

  #answer(control: string, detail: string): Answer {
    const answer = problemAnswer(503, "Service Unavailable", { detail, control });
    const retryAfter = String(this.#options.retryAfterSeconds ?? 30);
    return { ...answer, headers: { ...answer.headers, "retry-after": retryAfter } };
  }
}

/** Whether the path is one of those, or below one. */
function isBelow(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => {
    const bare = root.endsWith("/") ? root.slice(0, -1) : root;
    return path === bare || path.startsWith(`${bare}/`);
  });
}
