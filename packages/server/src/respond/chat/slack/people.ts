import { z } from "zod";
import type { SlackApi } from "./api.ts";

/** How long what Slack says of a person is believed, ms. */
const BELIEVED = 10 * 60_000;
/** People that are remembered; the oldest go first. */
const MOST = 1000;
/** Somebody waits for an answer within three seconds. */
const TIMEOUT = 2000;

/** A person of the workspace. */
export interface SlackPerson {
  readonly name: string;
  readonly email: string | undefined;
}

const userAnswer = z.looseObject({
  user: z.looseObject({
    id: z.string().max(30),
    name: z.string().max(500).optional(),
    real_name: z.string().max(500).optional(),
    profile: z
      .looseObject({ email: z.string().max(320).optional(), display_name: z.string().optional() })
      .optional(),
  }),
});

/** Who is who in the workspace, by Slack's ids and by e-mail. */
export class SlackPeople {
  readonly #api: SlackApi;
  readonly #now: () => number;
  readonly #known = new Map<string, { readonly until: number; readonly value: unknown }>();

  constructor(api: SlackApi, now: () => number) {
    this.#api = api;
    this.#now = now;
  }

  /** The person with this id; undefined when Slack does not tell. Throws ChatFailure. */
  byId(id: string): Promise<SlackPerson | undefined> {
    return this.#remembered(`id ${id}`, async () => {
      const answer = await this.#api.call("users.info", { user: id }, TIMEOUT);
      const user = answer.ok ? userAnswer.safeParse(answer.body).data?.user : undefined;
      if (user === undefined) return undefined;
      const { profile, real_name: real, name = id } = user;
      return { name: profile?.display_name || real || name, email: profile?.email };
    });
  }

  /** The id of the person with this e-mail; undefined when there is none. Throws ChatFailure. */
  idOf(email: string): Promise<string | undefined> {
    return this.#remembered(`email ${email.toLowerCase()}`, async () => {
      const answer = await this.#api.call("users.lookupByEmail", { email });
      return answer.ok ? userAnswer.safeParse(answer.body).data?.user.id : undefined;
    });
  }

  async #remembered<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#known.get(key);
    if (known !== undefined && known.until > this.#now()) return known.value as T;
    const value = await ask();
    this.#known.delete(key);
    this.#known.set(key, { until: this.#now() + BELIEVED, value });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST) break;
      this.#known.delete(oldest);
    }
    return value;
  }
}
