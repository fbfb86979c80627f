import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { Attempts, Gate, networkOf, verifyPassword } from "../../access/index.ts";
import { SeaworthyError } from "../../model/index.ts";
import type { Clock, SubscriberKind } from "../../model/index.ts";
import type { StatusPage } from "../../respond/index.ts";
import { ShowError } from "../errors.ts";
import { enterPage, messagePage, pressPage } from "./forms.ts";
import { answerOf, pathWithin } from "./front.ts";
import type { StatusFront } from "./front.ts";
import type { HtmlPage } from "./html.ts";
import { VISIT_COOKIE, VISIT_SECONDS } from "./visits.ts";

/** Times in milliseconds. */
const LIMITS = {
  /** A form with one address. */
  body: 8 * 1024,
  hour: 3_600_000,
  /** Subscriptions that one client may ask for in an hour. */
  subscriptions: 10,
  quarter: 15 * 60_000,
  /** Passwords that one client may try in a quarter of an hour. */
  passwords: 20,
  clients: 10_000,
  checksAtOnce: 1,
  checks: 10,
} as const;

const KINDS: readonly string[] = ["email", "webhook", "slack"];

/** Said whatever is known about an address. */
const ASKED =
  "If that address does not get our updates yet, a message is on its way to it. Open the link in it within two days.";

export interface StatusRoutesDeps {
  readonly page: StatusPage;
  readonly front: StatusFront;
  readonly clock: Clock;
  /** Whether the page is reached by https only. */
  readonly secure: boolean;
}

/** What of the status page is not answered from memory: forms, links, private pages. */
export function statusRoutes({ page, front, clock, secure }: StatusRoutesDeps): FastifyPluginAsync {
  const attempts = (limit: number, windowMs: number) =>
    new Attempts({ clock, limit, windowMs, maxKeys: LIMITS.clients });
  const subscribing = attempts(LIMITS.subscriptions, LIMITS.hour);
  const entering = attempts(LIMITS.passwords, LIMITS.quarter);
  const checks = new Gate({ atOnce: LIMITS.checksAtOnce, most: LIMITS.checks });
  const open = { config: { access: "public" } } as const;
  type Token = { Params: { token: string } };

  function context(request: FastifyRequest) {
    const { world } = front;
    if (world === undefined) return undefined;
    return { world, base: front.base(request.headers.host), hasMail: page.hasMail };
  }

  function html(reply: FastifyReply, status: number, made: HtmlPage): FastifyReply {
    return reply
      .code(status)
      .type("text/html; charset=utf-8")
      .header("content-security-policy", made.policy)
      .send(made.html);
  }

  function say(
    request: FastifyRequest,
    reply: FastifyReply,
    status: number,
    title: string,
    text: string,
  ): FastifyReply {
    const about = context(request);
    if (about === undefined) return reply.code(503).type("text/plain").send(`${title}. ${text}\n`);
    // Who may not see a private page is told nothing of it, its name included.
    if (about.world.page.access.kind !== "public")
      return reply.code(status).type("text/plain; charset=utf-8").send(`${title}. ${text}\n`);
    return html(reply, status, messagePage(about, title, text));
  }

  function enter(
    request: FastifyRequest,
    reply: FastifyReply,
    status: number,
    fault?: string,
  ): FastifyReply {
    const kind = front.world?.page.access.kind;
    const base = front.base(request.headers.host);
    return reply
      .code(status)
      .type("text/html; charset=utf-8")
      .header("content-security-policy", "default-src 'none'; form-action 'self'; base-uri 'none'")
      .send(enterPage(kind === "password" ? "password" : "token", base, fault));
  }

  /** Runs what a form asks for; a refusal is told as a page. */
  async function attempt(
    request: FastifyRequest,
    reply: FastifyReply,
    work: () => Promise<FastifyReply>,
  ): Promise<FastifyReply> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SeaworthyError)) throw error;
      return say(request, reply, error.status, "That did not work", error.message);
    }
  }

  const field = ({ body }: FastifyRequest, name: string): string =>
    body instanceof URLSearchParams ? (body.get(name) ?? "") : "";

  return async (app) => {
    app.addContentTypeParser(
      "application/x-www-form-urlencoded",
      { parseAs: "string", bodyLimit: LIMITS.body },
      (_, body, done) => done(null, new URLSearchParams(String(body))),
    );

    app.addHook("onRequest", async ({ headers }) => {
      if (front.isFor(headers.host)) return;
      throw new ShowError(
        "host_refused",
        421,
        `The status page does not answer to the host name "${headers.host ?? ""}". If it should, add it to status_page.hosts in seaworthy.yml.`,
      );
    });

    async function document(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
      const { world } = front;
      if (world === undefined) {
        return reply
          .code(503)
          .header("retry-after", "5")
          .type("text/plain; charset=utf-8")
          .send("The status page is starting.\n");
      }
      const { access } = world.page;
      const query = request.query as Readonly<Record<string, unknown>>;
      const token = typeof query["token"] === "string" ? query["token"] : undefined;
      const cookie = request.cookies[VISIT_COOKIE];
      if (!(await front.visits.mayPass(access, request.headers, cookie, token))) {
        return enter(request, reply, 401);
      }
      const path = pathWithin(request.url, false) ?? "/";
      const resource = front.find(request.headers.host, path);
      if (resource === undefined)
        return say(request, reply, 404, "Not found", "There is nothing at this address.");
      // Whoever came by the token need not carry it from link to link.
      if (token !== undefined && access.kind === "token") {
        void reply.setCookie(VISIT_COOKIE, await front.visits.begin(access), visitCookie);
      }
      const isPublic = access.kind === "public";
      const { status, headers, body } = answerOf(request.headers, resource, isPublic);
      return reply.code(status).headers(headers).send(body);
    }
    const visitCookie = {
      path: "/",
      httpOnly: true,
      sameSite: "lax",
      secure,
      maxAge: VISIT_SECONDS,
    } as const;
    app.get("/status", open, document);
    app.get("/status/*", open, document);

    app.post("/status/enter", open, async (request, reply) => {
      const access = front.world?.page.access;
      const home = front.base(request.headers.host) || "/";
      if (access?.kind !== "password") return reply.redirect(home, 303);
      const client = networkOf(request.client);
      if (entering.take(client) > 0)
        return enter(request, reply, 429, "Too many attempts. Try again in some minutes.");
      const given = field(request, "password").slice(0, 200);
      const checked = await checks.run(() => verifyPassword(given, access.hash));
      if (checked === undefined) return enter(request, reply, 429, "Try again in a moment.");
      if (!checked.result) return enter(request, reply, 401, "That is not the password.");
      entering.giveBack(client);
      return reply
        .setCookie(VISIT_COOKIE, await front.visits.begin(access), visitCookie)
        .redirect(home, 303);
    });

    app.post("/status/subscribe", open, (request, reply) =>
      attempt(request, reply, async () => {
        const { world } = front;
        const visit = request.cookies[VISIT_COOKIE];
        if (
          world !== undefined &&
          !(await front.visits.mayPass(world.page.access, request.headers, visit, undefined))
        ) {
          return enter(request, reply, 401);
        }
        const kind = field(request, "kind");
        const address = field(request, "address");
        if (!KINDS.includes(kind))
          return say(request, reply, 400, "That did not work", "Say how you want to be told.");
        if (subscribing.take(networkOf(request.client)) > 0) {
          const text = "There were many subscriptions from where you are. Try again in an hour.";
          return say(request, reply, 429, "That were many", text);
        }
        await page.subscriptions.request({ kind: kind as SubscriberKind, address });
        return say(request, reply, 202, "Look for our message", ASKED);
      }),
    );

    app.get<Token>("/status/subscribe/:token", open, (request, reply) =>
      attempt(request, reply, async () => {
        const { address, state } = await page.subscriptions.asked(request.params.token);
        const about = context(request);
        if (about === undefined || state === "confirmed")
          return say(request, reply, 200, "You get our updates", `They are sent to ${address}.`);
        const text = `Updates will be sent to ${address}.`;
        return html(reply, 200, pressPage(about, "Get our updates", text, "Yes, send them"));
      }),
    );
    app.post<Token>("/status/subscribe/:token", open, (request, reply) =>
      attempt(request, reply, async () => {
        const { address } = await page.subscriptions.confirm(request.params.token);
        return say(request, reply, 200, "You get our updates", `They are sent to ${address}.`);
      }),
    );

    app.get<Token>("/status/unsubscribe/:token", open, (request, reply) =>
      attempt(request, reply, async () => {
        const found = await page.subscriptions.subscribed(request.params.token);
        const about = context(request);
        if (found === undefined || about === undefined)
          return say(request, reply, 200, "You get no more updates", "The subscription has ended.");
        const text = `Updates are sent to ${found.address}.`;
        return html(reply, 200, pressPage(about, "Get no more updates", text, "Send no more"));
      }),
    );
    // Pressed by a person, or by a mail program for them (RFC 8058).
    app.post<Token>("/status/unsubscribe/:token", open, (request, reply) =>
      attempt(request, reply, async () => {
        await page.subscriptions.end(request.params.token);
        return say(request, reply, 200, "You get no more updates", "The subscription has ended.");
      }),
    );
  };
}
