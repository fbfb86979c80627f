import {
  createToken,
  getSession,
  listAudit,
  listTokens,
  revokeToken,
  setAccount,
  signIn,
  signInByLink,
  signOut,
  signOutElsewhere,
} from "@seaworthy/contract";
import type { ApiToken } from "@seaworthy/contract";
import { controlsOf, ingestLimitsOf } from "../../access/index.ts";
import type { Access, Started } from "../../access/index.ts";
import type { FastifyReply } from "fastify";
import { principalOf } from "../request.ts";
import type { SessionCookie } from "../session-cookie.ts";
import type { Serve } from "./serve.ts";

type TokenRecord = Awaited<ReturnType<Access["listTokens"]>>[number];

const limitsView = (limits: ApiToken["limits"]) => (limits === undefined ? {} : { limits });

const controlsView = (controls: ApiToken["controls"]) =>
  controls === undefined ? {} : { controls };

const tokenView = (token: TokenRecord): ApiToken => ({
  id: token.id,
  name: token.name,
  scope: token.scope,
  createdAt: token.createdAt.toISOString(),
  lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
  expiresAt: token.expiresAt?.toISOString() ?? null,
  ...limitsView(ingestLimitsOf(token)),
  ...controlsView(controlsOf(token)),
});

/** Sessions, the own account, tokens, the audit log. */
export function serveAccess(
  serve: Serve,
  { access, cookie }: { readonly access: Access; readonly cookie: SessionCookie },
): void {
  const begin = (reply: FastifyReply, { account, secret, maxAgeSeconds }: Started) => {
    cookie.set(reply, secret, maxAgeSeconds);
    return { user: account };
  };

  serve(getSession, async ({ request }) => ({
    user: request.asking === undefined ? null : await access.account(request.asking.principal),
  }));
  serve(signIn, async ({ body, request, reply }) =>
    begin(reply, await access.signIn(body.email, body.password, request.client)),
  );
  serve(signInByLink, async ({ body, request, reply }) =>
    begin(reply, await access.signInByLink(body.token, request.client)),
  );
  serve(signOut, async ({ request, reply }) => {
    // Without a session there is nothing to end, and nothing wrong with that.
    if (request.asking?.by === "session") await access.signOut(request.asking.principal);
    cookie.clear(reply);
    return {};
  });
  serve(signOutElsewhere, async ({ request }) => ({
    ended: await access.signOutElsewhere(principalOf(request)),
  }));
  serve(setAccount, async ({ body, request }) => ({
    user: await access.setAccount(principalOf(request), body),
  }));

  serve(listTokens, async () => ({ tokens: (await access.listTokens()).map(tokenView) }));
  serve(createToken, async ({ body, request }) => {
    const { token, secret } = await access.createToken(principalOf(request), {
      ...body,
      expiresAt: body.expiresAt === null ? null : Date.parse(body.expiresAt),
    });
    return { token: tokenView(token), secret };
  });
  serve(revokeToken, async ({ params, request }) => {
    await access.revokeToken(principalOf(request), params.id);
    return {};
  });

  serve(listAudit, async ({ query }) => {
    const { entries, next } = await access.listAudit(query);
    return {
      entries: entries.map((entry) => ({ ...entry, at: entry.at.toISOString() })),
      next,
    };
  });
}
