import type { IncomingMessage, ServerResponse } from "node:http";
import type { Registry } from "prom-client";
import type { Guard } from "../guard.ts";
import { healthEndpoints, type HealthEndpoints } from "../health/endpoints.ts";
import type { Health } from "../health/health.ts";
import type { Settings } from "../options.ts";
import { respond } from "../respond.ts";
import { exposition } from "../metrics/exposition.ts";
import type { Activity } from "./activity.ts";
import { text, type Answer, type Endpoint } from "./answer.ts";
import { gated } from "./gate.ts";

/** The kit's own endpoints: `/metrics` and `/health` with what is below it. */
export class Endpoints {
  readonly #byPath = new Map<string, Endpoint>();
  readonly #aliases = new Set<string>();
  readonly #health: HealthEndpoints | undefined;
  readonly #guard: Guard;
  /** The characters that the paths begin with, after the slash: most requests are for none of them. */
  readonly #beginnings = new Set<number>();

  constructor(parts: {
    readonly settings: Settings;
    readonly guard: Guard;
    readonly registry: Registry;
    readonly health: Health;
    readonly activity: Activity;
  }) {
    const { settings, registry, health, activity } = parts;
    this.#guard = parts.guard;
    const { metricsPath, healthPath } = settings;
    if (metricsPath !== false)
      this.#byPath.set(
        metricsPath,
        gated(settings.metricsGate, settings.trustedProxies, async () => ({
          status: 200,
          headers: { "content-type": registry.contentType },
          body: await (settings.registry === undefined ? exposition(registry) : registry.metrics()),
        })),
      );
    if (healthPath !== false) {
      this.#health = healthEndpoints(healthPath, settings, health, activity);
      for (const [path, endpoint] of this.#health.byPath) this.#byPath.set(path, endpoint);
      for (const alias of this.#health.aliases) this.#aliases.add(alias);
      this.#beginnings.add(this.#health.componentPrefix.charCodeAt(1));
    }
    for (const path of this.#byPath.keys()) this.#beginnings.add(path.charCodeAt(1));
  }

  /** Tells of a route of the application: `/live` and `/ready` are the application's when it has them. */
  knownRoute(template: string): void {
    if (this.#aliases.delete(template)) this.#byPath.delete(template);
  }

  /**
   * Answers the request if it is for one of the kit's endpoints. Returns whether it is; the answer
   * itself follows by its own time.
   */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    const answer = this.answer(request);
    if (answer === undefined) return false;
    void this.#send(answer, request, response);
    return true;
  }

  /** What one of the kit's endpoints answers to the request; undefined when it is for none. */
  answer(request: IncomingMessage): Promise<Answer> | undefined {
    const url = request.url ?? "";
    if (!this.#beginnings.has(url.charCodeAt(1))) return undefined;
    if (request.method !== "GET" && request.method !== "HEAD") return undefined;
    const query = url.indexOf("?");
    const path = query === -1 ? url : url.slice(0, query);
    const endpoint = this.#byPath.get(path) ?? this.#componentOf(path);
    return endpoint?.(request).catch((error: unknown): Answer => {
      this.#guard.caught("endpoint", error);
      return { status: 500, headers: text, body: "the endpoint failed; see the service's log\n" };
    });
  }

  #componentOf(path: string): Endpoint | undefined {
    const health = this.#health;
    if (health === undefined || !path.startsWith(health.componentPrefix)) return undefined;
    try {
      return health.component(decodeURIComponent(path.slice(health.componentPrefix.length)));
    } catch {
      return undefined; // Not a name that can be decoded: the application's to refuse.
    }
  }

  async #send(answer: Promise<Answer>, request: IncomingMessage, response: ServerResponse) {
    try {
      respond(await answer, request, response);
    } catch (error) {
      this.#guard.caught("endpoint", error);
      response.destroy();
    }
  }
}
