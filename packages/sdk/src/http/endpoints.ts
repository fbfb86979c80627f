import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Registry } from "prom-client";
import type { Guard } from "../guard.ts";
import type { Health } from "../health.ts";
import type { Gate, Settings } from "../options.ts";
import type { Activity } from "./activity.ts";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Endpoint = (request: IncomingMessage) => Promise<Answer>;

const json = { "content-type": "application/json; charset=utf-8" };
const text = { "content-type": "text/plain; charset=utf-8" };

/** The kit's own endpoints: `/metrics` and `/health` with what is below it. */
export class Endpoints {
  readonly #byPath = new Map<string, Endpoint>();
  readonly #guard: Guard;

  constructor(parts: {
    readonly settings: Settings;
    readonly guard: Guard;
    readonly registry: Registry;
    readonly health: Health;
    readonly activity: Activity;
  }) {
    const { settings, registry, health } = parts;
    this.#guard = parts.guard;
    const { metricsPath, healthPath } = settings;
    if (metricsPath !== false)
      this.#byPath.set(
        metricsPath,
        gated(settings.metricsGate, async () => ({
          status: 200,
          headers: { "content-type": registry.contentType },
          body: await registry.metrics(),
        })),
      );
    if (healthPath === false) return;
    const about = () => ({
      timestamp: new Date().toISOString(),
      version: settings.version,
      uptime: Math.round(process.uptime() * 1000) / 1000,
    });
    const below = healthPath === "/" ? "" : healthPath;
    this.#byPath.set(healthPath, async () => {
      const { status } = await health.report();
      return healthAnswer(status !== "unhealthy", { status, ...about() });
    });
    // Alive says only that the process answers: a failing database is no reason to restart it.
    this.#byPath.set(`${below}/live`, async () =>
      healthAnswer(true, { status: "healthy", ...about() }),
    );
    this.#byPath.set(`${below}/ready`, async () => {
      if (health.draining)
        return healthAnswer(false, { status: "unhealthy", ...about(), message: "shutting down" });
      const { status } = await health.report();
      return healthAnswer(status !== "unhealthy", { status, ...about() });
    });
    this.#byPath.set(
      `${below}/detailed`,
      gated(settings.detailsGate, async () => {
        const { status, checks } = await health.report();
        const metrics = {
          memoryUsage: process.memoryUsage(),
          activeConnections: parts.activity.connections,
          requestRate: parts.activity.requestRate(),
        };
        return healthAnswer(status !== "unhealthy", { status, ...about(), checks, metrics });
      }),
    );
  }

  /**
   * Answers the request if it is for one of the kit's endpoints. Returns whether it is; the answer
   * itself follows by its own time.
   */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.method !== "GET" && request.method !== "HEAD") return false;
    const url = request.url ?? "";
    const query = url.indexOf("?");
    const endpoint = this.#byPath.get(query === -1 ? url : url.slice(0, query));
    if (endpoint === undefined) return false;
    void this.#answer(endpoint, request, response);
    return true;
  }

  async #answer(endpoint: Endpoint, request: IncomingMessage, response: ServerResponse) {
    try {
      const answer = await endpoint(request).catch((error: unknown): Answer => {
        this.#guard.caught("endpoint", error);
        return { status: 500, headers: text, body: "the endpoint failed; see the service's log\n" };
      });
      response.writeHead(answer.status, {
        ...answer.headers,
        "cache-control": "no-store",
        "content-length": Buffer.byteLength(answer.body),
      });
      response.end(request.method === "HEAD" ? undefined : answer.body);
    } catch (error) {
      this.#guard.caught("endpoint", error);
      response.destroy();
    }
  }
}

function healthAnswer(ok: boolean, body: object): Answer {
  return { status: ok ? 200 : 503, headers: json, body: JSON.stringify(body) };
}

function gated(gate: Gate, endpoint: Endpoint): Endpoint {
  if (gate.kind === "open") return endpoint;
  const wanted = gate.kind === "token" ? digest(`Bearer ${gate.token}`) : undefined;
  return async (request) => {
    const given = request.headers.authorization;
    // Digests have one length, so the comparison tells nothing about the token's.
    if (wanted !== undefined && given !== undefined && timingSafeEqual(digest(given), wanted))
      return endpoint(request);
    return {
      status: 401,
      headers: { ...text, "www-authenticate": "Bearer" },
      body: "this endpoint wants a bearer token\n",
    };
  };
}

function digest(value: string): Buffer {
  return createHash("sha256").update(value).digest();
}
