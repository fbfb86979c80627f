import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Clock, Matcher } from "../../model/index.ts";
import { RouteError, silenceState } from "../../route/index.ts";
import type { Router, SilenceState } from "../../route/index.ts";
import type { SilenceRecord } from "../../store/index.ts";
import { actorOfRequest } from "../request.ts";
import { readBody, time } from "./body.ts";
import { BadRequest, flag, matchers } from "./parameters.ts";
import type { Query } from "./parameters.ts";

const postableSilence = z.object({
  id: z.string().nullish(),
  matchers: z
    .array(
      z.object({
        name: z.string(),
        value: z.string(),
        isRegex: z.boolean().nullish(),
        isEqual: z.boolean().nullish(),
      }),
    )
    .max(1000),
  startsAt: time,
  endsAt: time,
  createdBy: z.string(),
  comment: z.string(),
  annotations: z.record(z.string(), z.string()).nullish(),
});

/** Active ones first, then pending, then expired. */
const RANK: Readonly<Record<SilenceState, number>> = { active: 0, pending: 1, expired: 2 };

/** `/silences` and `/silence/:id`. */
export function silenceRoutes(
  app: FastifyInstance,
  { router, clock }: { readonly router: Router; readonly clock: Clock },
): void {
  const { silences } = router;

  app.get("/silences", { config: { access: "read" } }, async (request) => {
    const query = request.query as Query;
    const wanted = matchers(query, "filter");
    const states: Readonly<Record<SilenceState, boolean>> = {
      active: flag(query, "active"),
      pending: flag(query, "pending"),
      expired: flag(query, "expired"),
    };
    await silences.refresh();
    const now = clock.now();
    return silences
      .list()
      .filter((silence) => states[silenceState(silence, now)] && hasMatchers(silence, wanted))
      .sort((a, b) => compareSilences(a, b, now))
      .map((silence) => silenceJson(silence, now));
  });

  app.post("/silences", { config: { access: "write" } }, async (request) => {
    const given = readBody(postableSilence, request.body, "silence");
    if (given.endsAt === null) throw new BadRequest("silence.endsAt: must be set");
    const silence = {
      ...(given.id === null || given.id === undefined || given.id === "" ? {} : { id: given.id }),
      matchers: given.matchers.map(({ name, value, isEqual, isRegex }): Matcher => ({
        name,
        value,
        operator:
          isRegex === true ? (isEqual === false ? "!~" : "=~") : isEqual === false ? "!=" : "=",
      })),
      startsAt: given.startsAt ?? clock.now(),
      endsAt: given.endsAt,
      createdBy: given.createdBy,
      comment: given.comment,
      annotations: given.annotations ?? {},
    };
    return { silenceID: await silences.set(silence, actorOfRequest(request)) };
  });

  app.get<{ Params: { id: string } }>(
    "/silence/:id",
    { config: { access: "read" } },
    async (request) => {
      await silences.refresh();
      const silence = silences.get(request.params.id);
      if (silence === undefined)
        throw new RouteError("silence_not_found", `there is no silence ${request.params.id}`);
      return silenceJson(silence, clock.now());
    },
  );

  app.delete<{ Params: { id: string } }>(
    "/silence/:id",
    { config: { access: "write" } },
    async (request, reply) => {
      await silences.expire(request.params.id, actorOfRequest(request));
      return reply.code(200).send();
    },
  );
}

/** Whether the silence has, word for word, every one of these matchers. */
function hasMatchers(silence: SilenceRecord, wanted: readonly Matcher[]): boolean {
  return wanted.every(({ name, operator, value }) =>
    silence.matchers.some(
      (one) => one.name === name && one.operator === operator && one.value === value,
    ),
  );
}

/** The next to end, the next to begin, the last to have ended. */
function compareSilences(a: SilenceRecord, b: SilenceRecord, now: number): number {
  const state = silenceState(a, now);
  const order = RANK[state] - RANK[silenceState(b, now)];
  if (order !== 0) return order;
  if (state === "pending") return a.startsAt - b.startsAt;
  return state === "active" ? a.endsAt - b.endsAt : b.endsAt - a.endsAt;
}

function silenceJson(silence: SilenceRecord, now: number) {
  return {
    id: silence.id,
    status: { state: silenceState(silence, now) },
    updatedAt: new Date(silence.updatedAt).toISOString(),
    annotations: silence.annotations,
    comment: silence.comment,
    createdBy: silence.createdBy,
    endsAt: new Date(silence.endsAt).toISOString(),
    matchers: silence.matchers.map(({ name, operator, value }) => ({
      isEqual: operator === "=" || operator === "=~",
      isRegex: operator === "=~" || operator === "!~",
      name,
      value,
    })),
    startsAt: new Date(silence.startsAt).toISOString(),
  };
}
