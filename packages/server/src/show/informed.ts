import type { FastifyPluginAsync, FastifyReply } from "fastify";
import { SeaworthyError } from "../model/index.ts";
import { escapeHtml } from "../respond/index.ts";
import type { News } from "../respond/index.ts";
import { sendPlainPage } from "./plain-page.ts";

const BODY_LIMIT = 4096;

/**
 * Where the link at the end of a message about an incident leads: being told ends by one click. Opening it
 * changes nothing, for mail programs open links by themselves; their own button sends what ours does
 * (RFC 8058).
 */
export function informedRoutes(news: Pick<News, "link" | "end">): FastifyPluginAsync {
  return async (app) => {
    app.addContentTypeParser(
      ["application/x-www-form-urlencoded", "multipart/form-data"],
      { parseAs: "string", bodyLimit: BODY_LIMIT },
      (_, body, done) => done(null, body),
    );
    const open = { config: { access: "public" } } as const;
    type Token = { Params: { token: string } };
    const answer = async (reply: FastifyReply, ask: ReturnType<News["link"]>) => {
      try {
        const { incident, muted } = await ask;
        const title = `#${incident.number} ${incident.title}`;
        const body = muted
          ? '<p class="done" role="status">You are told of it no longer.</p>'
          : '<form method="post"><button>Be told no longer</button></form>';
        const more = `<p><a href="/incidents/${incident.number}">See the incident</a></p>`;
        return sendPlainPage(reply, 200, title, body + more);
      } catch (error) {
        if (!(error instanceof SeaworthyError)) throw error;
        const body = `<p>${escapeHtml(error.message)}</p>`;
        return sendPlainPage(reply, error.status, "This link does not answer", body);
      }
    };
    app.get<Token>("/informed/:token", open, ({ params }, reply) =>
      answer(reply, news.link(params.token)),
    );
    app.post<Token>("/informed/:token", open, ({ params }, reply) =>
      answer(reply, news.end(params.token)),
    );
  };
}
