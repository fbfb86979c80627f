import type { FastifyPluginAsync } from "fastify";
import type { Clock } from "../model/index.ts";
import { messageOf } from "../model/index.ts";
import type { Access } from "../access/index.ts";
import type { HttpLimits } from "./limits.ts";
import { principalOf } from "./request.ts";

/** Something without which the server cannot do its work. */
export interface HealthCheck {
  readonly name: string;
  /** Resolves when all is well. */
  run(): Promise<void>;
}

interface Outcome {
  readonly name: string;
  readonly status: "ok" | "unavailable";
  readonly durationMs: number;
  readonly error?: string;
}

/**
 * Health for probes (public, terse: strangers learn up or down and nothing else) and for people
 * (`/health/detailed`), with Prometheus's management endpoints beside them.
 */
export function healthRoutes(deps: {
  readonly checks: readonly HealthCheck[];
  readonly version: string;
  readonly clock: Clock;
  readonly limits: HttpLimits;
  /** Reads all configuration anew; on a fault throws and leaves the old one in force. */
  readonly reload: () => Promise<void>;
  readonly access: Pick<Access, "recordChange">;
  /** The server's own metrics. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
}): FastifyPluginAsync {
  const { clock, limits } = deps;
  const startedAt = clock.now();
  let last: { readonly at: number; readonly outcomes: Promise<readonly Outcome[]> } | undefined;

  async function run(check: HealthCheck): Promise<Outcome> {
    const began = clock.now();
    let late: { cancel(): void } | undefined;
    const timeout = new Promise<never>((_, reject) => {
      late = clock.after(limits.healthTimeout, () =>
        reject(new Error(`no answer in ${limits.healthTimeout} ms`)),
      );
    });
    try {
      await Promise.race([check.run(), timeout]);
      return { name: check.name, status: "ok", durationMs: clock.now() - began };
    } catch (error) {
      const durationMs = clock.now() - began;
      return { name: check.name, status: "unavailable", durationMs, error: messageOf(error) };
    } finally {
      late?.cancel();
    }
  }

  function outcomes(): Promise<readonly Outcome[]> {
    const now = clock.now();
    if (last === undefined || now - last.at > limits.healthFresh) {
      last = { at: now, outcomes: Promise.all(deps.checks.map(run)) };
    }
    return last.outcomes;
  }

  const ready = async () => (await outcomes()).every(({ status }) => status === "ok");

  return async (app) => {
    const open = { config: { access: "public" as const }, logLevel: "warn" as const };
    for (const path of ["/health", "/health/live"]) app.get(path, open, () => ({ status: "ok" }));
    app.get("/health/ready", open, async (_, reply) => {
      const isReady = await ready();
      return reply.code(isReady ? 200 : 503).send({ status: isReady ? "ok" : "unavailable" });
    });
    app.get("/health/detailed", { config: { access: "read" } }, async (_, reply) => {
      const checks = await outcomes();
      const isReady = checks.every(({ status }) => status === "ok");
      return reply.code(isReady ? 200 : 503).send({
        status: isReady ? "ok" : "unavailable",
        version: deps.version,
        startedAt: new Date(startedAt).toISOString(),
        uptimeSeconds: Math.floor((clock.now() - startedAt) / 1000),
        checks,
      });
    });
    app.get("/metrics", { config: { access: "read" } }, async (_, reply) => {
      const { contentType, body } = await deps.metrics();
      return reply.header("content-type", contentType).send(body);
    });
    app.get("/-/healthy", open, async (_, reply) =>
      reply.type("text/plain").send("Seaworthy is healthy.\n"),
    );
    app.get("/-/ready", open, async (_, reply) => {
      const isReady = await ready();
      return reply
        .code(isReady ? 200 : 503)
        .type("text/plain")
        .send(isReady ? "Seaworthy is ready.\n" : "Seaworthy is not ready.\n");
    });
    app.route({
      method: ["POST", "PUT"],
      url: "/-/reload",
      config: { access: "admin" },
      handler: async (request, reply) => {
        try {
          await deps.reload();
        } catch (error) {
          // 500 and plain text are what Prometheus and Alertmanager answer, and reloaders expect.
          return reply
            .code(500)
            .type("text/plain")
            .send(`The configuration stays as it was: ${messageOf(error)}\n`);
        }
        await deps.access.recordChange(principalOf(request), "configuration.reload", "all");
        return reply.type("text/plain").send("The configuration was reloaded.\n");
      },
    });
  };
}
