import type { FastifyPluginAsync, FastifyReply } from "fastify";
import { SeaworthyError } from "../model/index.ts";
import { escapeHtml, PagingError } from "../respond/index.ts";
import type { Incidents, Paging } from "../respond/index.ts";
import { sendPlainPage } from "./plain-page.ts";

/** A form without fields, or the digits that somebody pressed. */
const BODY_LIMIT = 16 * 1024;

/** What a page's link needs. */
export interface AcknowledgeDeps {
  readonly paging: Pick<Paging, "link" | "reply">;
  readonly incidents: Pick<Incidents, "acknowledge" | "escalate">;
}

/**
 * Where the link of a page leads: a person answers without signing in and without JavaScript, on
 * whatever telephone they hold. Opening it changes nothing, for mail programs open links by themselves.
 */
export function acknowledgeRoutes({ paging, incidents }: AcknowledgeDeps): FastifyPluginAsync {
  return async (app) => {
    app.addContentTypeParser(
      "application/x-www-form-urlencoded",
      { parseAs: "string", bodyLimit: BODY_LIMIT },
      (_, body, done) => done(null, new URLSearchParams(String(body))),
    );
    const open = { config: { access: "public" } } as const;
    type Token = { Params: { token: string } };

    app.get<Token>("/acknowledge/:token", open, async ({ params }, reply) => {
      const found = await read(reply, () => paging.link(params.token));
      if (found === undefined) return reply;
      const { incident, person } = found;
      if (incident.state !== "triggered") return page(reply, 200, { ...found, done: true });
      return page(reply, 200, { incident, person, done: false });
    });

    /** Takes it on for the person, unless somebody was faster. */
    const take = async ({ incident, person }: Found): Promise<Found> => {
      if (incident.state !== "triggered") return { incident, person };
      const answered = await incidents.acknowledge(person.email, incident.id);
      return { incident: answered.incident, person };
    };
    const acknowledge = async (token: string) => take(await paging.link(token));
    app.post<Token>("/acknowledge/:token", open, async ({ params, headers }, reply) => {
      // A notification's button is pressed where there is no page to show.
      if (headers.accept === "application/json") {
        const found = await acknowledge(params.token);
        return { title: titleOf(found), text: answerOf(found) };
      }
      const found = await read(reply, () => acknowledge(params.token));
      return found === undefined ? reply : page(reply, 200, { ...found, done: true });
    });

    app.post<Token>("/escalate/:token", open, async ({ params }) => {
      const { incident, person } = await paging.link(params.token, "escalate");
      if (incident.state !== "triggered") {
        return { title: titleOf({ incident }), text: answerOf({ incident, person }) };
      }
      await incidents.escalate(person.email, incident.id);
      return { title: titleOf({ incident }), text: "The next ones are paged." };
    });

    // Called by the telephone service with a text that came in; its answer is sent back as one.
    app.post<{ Body: unknown }>("/telephone/texts", open, async ({ body, headers }, reply) => {
      const say = (text: string) =>
        reply
          .type("text/xml; charset=utf-8")
          .send(`<Response><Message>${escapeHtml(text)}</Message></Response>`);
      const form = body instanceof URLSearchParams ? body : new URLSearchParams();
      const signature = headers["x-twilio-signature"];
      try {
        const found = await take(await paging.reply("/telephone/texts", form, String(signature)));
        const { incident, person } = found;
        return await say(
          isTheirs(found)
            ? `#${incident.number} is yours, ${person.name}.`
            : `#${incident.number}: ${answerOf(found)}`,
        );
      } catch (error) {
        // Who was not asked by us is not told anything.
        const isOurs = !(error instanceof PagingError) || error.code === "text_unanswered";
        if (!(error instanceof SeaworthyError) || !isOurs) throw error;
        return say(error.message);
      }
    });

    // Called by the telephone service with what was pressed; its answer is read out.
    app.post<Token & { Body: unknown }>(
      "/acknowledge/:token/voice",
      open,
      async ({ params, body }, reply) => {
        const say = (text: string) =>
          reply
            .type("text/xml; charset=utf-8")
            .send(`<Response><Say>${escapeHtml(text)}</Say></Response>`);
        const pressed = body instanceof URLSearchParams ? body.get("Digits") : null;
        if (pressed !== "1") return say("Nothing was changed. Good bye.");
        try {
          const found = await acknowledge(params.token);
          const { number } = found.incident;
          const answer = isTheirs(found) ? " is yours." : `: ${answerOf(found)}`;
          return await say(`Incident ${number}${answer} Good bye.`);
        } catch (error) {
          if (!(error instanceof SeaworthyError)) throw error;
          return say(error.message);
        }
      },
    );
  };
}

type Found = Awaited<ReturnType<Paging["link"]>>;

/** What `ask` finds; a refusal is told as a page. */
async function read(reply: FastifyReply, ask: () => Promise<Found>): Promise<Found | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof SeaworthyError)) throw error;
    sendPlainPage(
      reply,
      error.status,
      "This link does not answer",
      `<p>${escapeHtml(error.message)}</p>`,
    );
    return undefined;
  }
}

function titleOf({ incident }: Pick<Found, "incident">): string {
  return `#${incident.number} ${incident.title}`;
}

function isTheirs({ incident, person }: Found): boolean {
  return incident.state !== "resolved" && incident.acknowledgedBy === person.email;
}

/** Who is on it, once somebody is. */
function answerOf({ incident, person }: Found): string {
  if (incident.state === "resolved") return `It is over: resolved by ${incident.resolvedBy}.`;
  return `${isTheirs({ incident, person }) ? "You are" : `${incident.acknowledgedBy} is`} on it.`;
}

function page(
  reply: FastifyReply,
  status: number,
  { incident, person, done }: Found & { readonly done: boolean },
): FastifyReply {
  const title = titleOf({ incident });
  const rows = [
    ["Severity", incident.severity],
    ...(incident.service === null ? [] : [["Service", incident.service]]),
    ["Since", incident.openedAt.toISOString().replace("T", " ").slice(0, 16).concat(" UTC")],
  ].map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value ?? "")}</dd>`);
  const action = done
    ? `<p class="done" role="status">${escapeHtml(answerOf({ incident, person }))}</p>`
    : `<form method="post"><button>Take it on as ${escapeHtml(person.name)}</button></form>`;
  const more = `<p><a href="/incidents/${incident.number}">See the incident</a></p>`;
  return sendPlainPage(reply, status, title, `<dl>${rows.join("")}</dl>${action}${more}`);
}
