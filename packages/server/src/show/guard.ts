import type { FastifyInstance, FastifyRequest } from "fastify";
import { AccessError, authorize, isSafeMethod, requestSite } from "../access/index.ts";
import type { Access, Asking, RouteAccess } from "../access/index.ts";
import { ShowError } from "./errors.ts";
import type { SessionCookie } from "./session-cookie.ts";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]", "::1"]);

/** Whether a server bound to `host` can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host) || host.startsWith("127.");
}

/** The host name of a Host header, without its port and without the dot that ends a full name. */
function hostName(header: string): string {
  return header.replace(/:\d*$/, "").replace(/\.$/, "").toLowerCase();
}

/** A route with who may use it. */
export interface GuardedRoute {
  readonly method: string;
  /** With `:name` for parameters. */
  readonly path: string;
  readonly access: RouteAccess;
}

/**
 * Puts one guard in front of every route: the Host is ours, the caller is who they say, the request
 * was not forged by another site's page, and the caller may do this. A route that does not say who
 * may use it cannot be added. Answers the list of routes, which grows as they are added.
 */
export function guard(
  app: FastifyInstance,
  deps: {
    readonly access: Access;
    readonly cookie: SessionCookie;
    /** What the server is bound to. */
    readonly host: string;
    readonly allowedHosts: readonly string[];
    readonly externalURL: string | undefined;
  },
): readonly GuardedRoute[] {
  const routes: GuardedRoute[] = [];
  const external = deps.externalURL === undefined ? undefined : new URL(deps.externalURL);
  const hosts = new Set([
    ...LOOPBACK,
    hostName(deps.host),
    ...deps.allowedHosts.map((host) => hostName(host)),
    ...(external === undefined ? [] : [external.hostname]),
  ]);
  const checkHosts = isLoopback(deps.host);

  app.decorateRequest("asking", undefined);

  app.addHook("onRoute", ({ config, method, url }) => {
    const access = config?.access;
    const methods = [method].flat();
    if (access === undefined) {
      throw new Error(
        `${methods.join("|")} ${url} does not declare config.access: say who may use it ("public", "ingest", "read", "write" or "admin")`,
      );
    }
    routes.push(...methods.map((method) => ({ method, path: url, access })));
  });

  /** Refuses names that are not ours: a page of another site that rebinds its DNS name to 127.0.0.1. */
  function checkHost(request: FastifyRequest): void {
    if (!checkHosts || hosts.has(hostName(request.headers.host ?? ""))) return;
    throw new ShowError(
      "host_refused",
      421,
      `This server does not answer to the host name "${hostName(request.headers.host ?? "")}". If it should, add it to http.allowed_hosts in seaworthy.yml.`,
    );
  }

  /** Refuses what another site's page sent in a person's name. */
  function checkSite(
    request: FastifyRequest,
    asking: Asking | undefined,
    access: RouteAccess,
  ): void {
    if (asking?.by === "bearer") return;
    // A WebSocket is opened by a GET, and what comes on it is shown to the page that opened it,
    // whichever site's it is: the browser leaves the refusal to us (RFC 6455, 10.2).
    const opens = request.headers.upgrade !== undefined;
    if (!opens) {
      if (isSafeMethod(request.method)) return;
      // Dashboards elsewhere may ask by POST, with Basic auth that they were given for it.
      if (asking?.by === "basic" && access === "read") return;
    }
    const own = [`${request.protocol}://${(request.headers.host ?? "").toLowerCase()}`];
    if (external !== undefined) own.push(external.origin);
    const site = requestSite(request.headers, own);
    const doubtful = site === "unknown" && asking?.by === "session";
    if (site !== "cross" && !doubtful) return;
    throw new AccessError(
      "cross_site_request",
      doubtful
        ? `A ${opens ? "WebSocket" : "change"} with a session cookie needs an Origin header; tools should send an API token instead.`
        : `This ${opens ? "connection" : "change"} was asked for by a page of another site, and was refused.`,
    );
  }

  app.addHook("onRequest", async (request, reply) => {
    checkHost(request);
    if (request.is404) return;
    const access = request.routeOptions.config.access ?? "admin";
    let asking: Asking | undefined;
    try {
      asking = await deps.access.identify(request.headers, deps.cookie.read(request));
    } catch (error) {
      // On public routes a credential of no use is as good as none.
      if (access !== "public" || !(error instanceof AccessError)) throw error;
    }
    checkSite(request, asking, access);
    if (!authorize(asking?.principal, access)) {
      if (asking === undefined) {
        throw new AccessError(
          "not_signed_in",
          "This needs a session, or a token: `Authorization: Bearer TOKEN`, or Basic with the token as password.",
        );
      }
      throw new AccessError("forbidden", `This needs ${access} rights, which you do not have.`);
    }
    if (asking?.renewSeconds !== undefined) {
      const secret = deps.cookie.read(request);
      if (secret !== undefined) deps.cookie.set(reply, secret, asking.renewSeconds);
    }
    request.asking = asking;
  });
  return routes;
}
