import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { z } from "zod";
import { AccessError, authorize, mayReadControls } from "../../access/index.ts";
import type { Access } from "../../access/index.ts";
import type { Clock } from "../../model/index.ts";
import type { Controls } from "../../respond/index.ts";
import { RequestError, ShowError } from "../errors.ts";
import { HTTP_LIMITS } from "../limits.ts";
import type { HttpLimits } from "../limits.ts";
import { principalOf } from "../request.ts";
import { sessionCookie } from "../session-cookie.ts";
import { ControlStreams } from "./streams.ts";

const asked = z.object({
  service: z.string().min(1).max(200).optional(),
  environment: z.string().min(1).max(100).optional(),
});

const REVISION = /^\d{1,15}$/;

/**
 * What applications read: the values of their service's controls, once or as a stream of server-sent
 * events. Each event carries all values, and its id is their revision: who was away gets the newest
 * state, and nobody has to be told of what was in between.
 */
export function controlRoutes(deps: {
  readonly feed: Controls["feed"];
  readonly access: Access;
  readonly clock: Clock;
  readonly externalURL?: string | undefined;
  readonly limits?: Partial<HttpLimits>;
}): FastifyPluginAsync {
  const { feed, access, clock } = deps;
  const cookie = sessionCookie(deps.externalURL);
  const streams = new ControlStreams(clock, { ...HTTP_LIMITS, ...deps.limits });

  /** The service that is asked for, or the one that the token is for. */
  function placeOf(request: FastifyRequest) {
    const parsed = asked.safeParse(request.query);
    if (!parsed.success) {
      throw new RequestError(
        parsed.error.issues.map(({ path, message }) => ({
          field: `query.${path.join(".")}`,
          reason: message,
        })),
      );
    }
    const principal = principalOf(request);
    const own = principal.kind === "token" ? principal.controls : undefined;
    const { service = own?.service, environment = own?.environment } = parsed.data;
    if (service === undefined || environment === undefined) {
      const reason = "is required: the token is for no service of its own";
      throw new RequestError([
        ...(service === undefined ? [{ field: "query.service", reason }] : []),
        ...(environment === undefined ? [{ field: "query.environment", reason }] : []),
      ]);
    }
    const place = { service, environment };
    if (mayReadControls(principal, place)) return place;
    throw new ShowError(
      "controls_of_other_service",
      403,
      own === undefined
        ? "This key is for no service: make one whose controls name the service and its environment."
        : `This token is for the controls of "${own.service}" in "${own.environment}".`,
    );
  }

  return async (app) => {
    const config = { access: "controls" } as const;

    app.get("/api/controls/values", { config }, async (request, reply) => {
      const { revision, json } = await feed.read(placeOf(request));
      const etag = `"${revision}"`;
      void reply.header("etag", etag).header("cache-control", "no-cache");
      if (request.headers["if-none-match"] === etag) return reply.code(304).send();
      return reply.type("application/json").send(json);
    });

    app.get("/api/controls/stream", { config, exposeHeadRoute: false }, async (request, reply) => {
      const place = placeOf(request);
      const principal = principalOf(request);
      const holder = holderOf(principal);
      streams.admit(holder);
      // Before anything is promised: a database that does not answer is an error with a status.
      const now = await feed.read(place);
      const { raw } = reply;
      if (raw.destroyed) return reply.hijack();
      streams.admit(holder);
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) raw.setHeader(name, value);
      }
      const last = request.headers["last-event-id"];
      // Requests hold their headers as long as they live: what the stream keeps is small.
      const { authorization } = request.headers;
      const session = cookie.read(request);
      reply.hijack();
      raw.writeHead(200, {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        // nginx would otherwise hold events back until its buffer is full.
        "x-accel-buffering": "no",
      });
      request.raw.socket.setNoDelay(true);
      let sent =
        typeof last === "string" && REVISION.test(last) && Number(last) === now.revision
          ? now.json
          : undefined;
      const send = ({ revision, json }: typeof now) => {
        if (json === sent) return;
        sent = json;
        streams.send(raw, `id: ${revision}\ndata: ${json}\n\n`);
      };
      // At once, so that proxies pass the headers on.
      streams.send(raw, `retry: 1000\n\n`);
      const watch = feed.watch(place, send);
      streams.add(
        {
          raw,
          holder,
          allowed: async () => {
            try {
              const asking = await access.identify(
                authorization === undefined ? {} : { authorization },
                session,
              );
              return authorize(asking?.principal, "controls");
            } catch (error) {
              return !(error instanceof AccessError);
            }
          },
        },
        () => watch.close(),
      );
      send(now);
      // What changed between the reading and the watching.
      send(await feed.read(place).catch(() => now));
      return reply;
    });

    app.addHook("preClose", async () => streams.close());
  };
}

function holderOf(principal: ReturnType<typeof principalOf>): string {
  if (principal.kind === "person") return `person ${principal.userId}`;
  return principal.kind === "token" ? `token ${principal.id}` : "bootstrap";
}
