import { randomUUID } from "node:crypto";
import { compileMatchers, formatMatcher } from "../../model/index.ts";
import type { Announce, Labels, Matcher } from "../../model/index.ts";
import {
  deleteEndedSilences,
  listSilenceRecords,
  putSilence,
  writeAudit,
} from "../../store/index.ts";
import type { Records, SilenceRecord } from "../../store/index.ts";
import { RouteError } from "../errors.ts";

/** Ended silences are shown this long. */
const RETENTION = 120 * 3_600_000;
const MAX_SILENCES = 10_000;
const MAX_MATCHERS = 100;
const MAX_TEXT = 64 * 1024;

export type SilenceState = "pending" | "active" | "expired";

/** A silence as someone wants it; with an id it changes the one that has it. */
export interface SilenceRequest {
  readonly id?: string;
  readonly matchers: readonly Matcher[];
  readonly startsAt: number;
  readonly endsAt: number;
  readonly createdBy: string;
  readonly comment: string;
  readonly annotations: Labels;
}

/** What a silence does at `at`. */
export function silenceState(silence: SilenceRecord, at: number): SilenceState {
  if (at < silence.startsAt) return "pending";
  return at < silence.endsAt ? "active" : "expired";
}

interface Compiled {
  readonly silence: SilenceRecord;
  readonly matches: (labels: Labels) => boolean;
}

/** The silences: kept in the records, and compiled here. */
export class Silences {
  readonly #records: Records;
  readonly #now: () => number;
  readonly #announce: Announce;
  #compiled: ReadonlyMap<string, Compiled> = new Map();

  constructor(records: Records, now: () => number, announce: Announce) {
    this.#records = records;
    this.#now = now;
    this.#announce = announce;
  }

  /** Reads what this or another server has written. */
  async refresh(): Promise<void> {
    const records = await listSilenceRecords(this.#records.db, this.#now() - RETENTION);
    const known = this.#compiled;
    this.#compiled = new Map(
      records.map((silence) => {
        const before = known.get(silence.id);
        const matches =
          before !== undefined && sameMatchers(before.silence.matchers, silence.matchers)
            ? before.matches
            : compileMatchers(silence.matchers);
        return [silence.id, { silence, matches }];
      }),
    );
  }

  /** The silences that are kept, the expired ones for some days. */
  list(): readonly SilenceRecord[] {
    return [...this.#compiled.values()].map(({ silence }) => silence);
  }

  get(id: string): SilenceRecord | undefined {
    return this.#compiled.get(id)?.silence;
  }

  /** The ids of the silences that hold back an alert with these labels at `at`. */
  silencedBy(labels: Labels, at: number): string[] {
    const found: string[] = [];
    for (const { silence, matches } of this.#compiled.values())
      if (silenceState(silence, at) === "active" && matches(labels)) found.push(silence.id);
    return found;
  }

  /**
   * Makes a silence, or changes one where Alertmanager would: with other matchers, or another start
   * once it is active, the old one is expired and a new one made. Answers its id. `actor` is who asks,
   * for the audit log.
   */
  async set(request: SilenceRequest, actor: string): Promise<string> {
    const now = this.#now();
    checkRequest(request, now);
    await this.refresh();
    const known = request.id === undefined ? undefined : this.get(request.id);
    if (request.id !== undefined && known === undefined)
      throw new RouteError("silence_not_found", `there is no silence ${request.id}`);
    const { id: _, ...wanted } = request;
    if (known !== undefined && canUpdate(known, request, now)) {
      await this.#put({ ...wanted, id: known.id, updatedAt: now }, actor, "silence.update");
      return known.id;
    }
    if (this.#compiled.size >= MAX_SILENCES)
      throw new RouteError("silence_invalid", `there are ${MAX_SILENCES} silences already`);
    const id = randomUUID();
    const startsAt = Math.max(now, request.startsAt);
    // The new one first: killed between the two, both hold, and nobody is paged by mistake.
    await this.#put({ ...wanted, id, startsAt, updatedAt: now }, actor, "silence.create");
    if (known !== undefined) await this.expire(known.id, actor);
    return id;
  }

  /** Ends a silence now. One that has ended stays as it is. */
  async expire(id: string, actor: string): Promise<void> {
    await this.refresh();
    const silence = this.get(id);
    if (silence === undefined)
      throw new RouteError("silence_not_found", `there is no silence ${id}`);
    const now = this.#now();
    const state = silenceState(silence, now);
    if (state === "expired") return;
    const startsAt = state === "pending" ? now : silence.startsAt;
    const ended = { ...silence, startsAt, endsAt: now, updatedAt: now };
    await this.#put(ended, actor, "silence.expire");
  }

  /** Forgets silences that ended long ago. */
  async sweep(): Promise<void> {
    await deleteEndedSilences(this.#records.db, this.#now() - RETENTION);
  }

  async #put(silence: SilenceRecord, actor: string, action: string): Promise<void> {
    await this.#records.transaction(async (tx) => {
      await putSilence(tx, silence);
      await writeAudit(tx, {
        at: this.#now(),
        actor,
        action,
        subject: silence.id,
        detail: {
          matchers: silence.matchers.map(formatMatcher),
          endsAt: new Date(silence.endsAt).toISOString(),
          comment: silence.comment.slice(0, 500),
        },
      });
    });
    await this.refresh();
    this.#announce({ topic: "silences", id: silence.id });
    this.#announce({ topic: "alerts" });
  }
}

function sameMatchers(a: readonly Matcher[], b: readonly Matcher[]): boolean {
  const key = (matchers: readonly Matcher[]) =>
    JSON.stringify(matchers.map(({ name, operator, value }) => [name, operator, value]));
  return key(a) === key(b);
}

function canUpdate(known: SilenceRecord, request: SilenceRequest, now: number): boolean {
  if (!sameMatchers(known.matchers, request.matchers)) return false;
  const state = silenceState(known, now);
  if (state === "pending") return request.startsAt >= now;
  // Clients send times back with less precision than they got them with.
  const sameSecond = Math.floor(known.startsAt / 1000) === Math.floor(request.startsAt / 1000);
  return state === "active" && sameSecond && request.endsAt >= now;
}

function checkRequest(request: SilenceRequest, now: number): void {
  const fail = (reason: string): never => {
    throw new RouteError("silence_invalid", reason);
  };
  if (request.matchers.length === 0) fail("a silence needs at least one matcher");
  if (request.matchers.length > MAX_MATCHERS)
    fail(`a silence takes at most ${MAX_MATCHERS} matchers`);
  for (const { name, value } of request.matchers) {
    if (name === "") fail("a matcher needs a label name");
    if (value.length > MAX_TEXT) fail("a matcher's value is too long");
  }
  if (matchesNothing(request.matchers))
    fail("at least one matcher must not match the empty text, or everything would be silenced");
  if (!Number.isFinite(request.startsAt) || !Number.isFinite(request.endsAt))
    fail("a silence needs a start and an end");
  if (request.startsAt >= request.endsAt) fail("start time must be before end time");
  if (request.endsAt < now) fail("end time can't be in the past");
  if (request.comment.length > MAX_TEXT || request.createdBy.length > MAX_TEXT)
    fail("the comment or the author is too long");
}

/** Whether the matchers match an alert that has none of their labels. */
function matchesNothing(matchers: readonly Matcher[]): boolean {
  try {
    return compileMatchers(matchers)({});
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RouteError("silence_invalid", `a regular expression is not valid: ${reason}`);
  }
}
