import * as Sentry from "@sentry/browser";
import { quietly } from "./quietly.ts";

export interface User {
  /** The application's own id. E-mail addresses are masked on the way. */
  readonly id?: string;
  readonly username?: string;
}

export type Level = "fatal" | "error" | "warning" | "info" | "debug";

export interface CaptureOptions {
  readonly tags?: Readonly<Record<string, string | number | boolean>>;
  readonly level?: Level;
  /** More that is known, by topic. */
  readonly contexts?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Whether the application dealt with it. Default true. */
  readonly handled?: boolean;
}

/** Sends an error that the page dealt with itself; returns the event's id. */
export function captureException(error: unknown, options: CaptureOptions = {}): string | undefined {
  const { tags = {}, level, contexts = {}, handled = true } = options;
  return quietly(
    () =>
      Sentry.captureException(error, {
        mechanism: { type: "generic", handled },
        captureContext: {
          tags: { ...tags },
          contexts: { ...contexts },
          ...(level === undefined ? {} : { level }),
        },
      }),
    undefined,
  );
}

/** Names who is signed in, for what is sent from now on; undefined after signing out. */
export function setUser(user: User | undefined): void {
  quietly(() => Sentry.setUser(user === undefined ? null : { ...user }), undefined);
}

/** Tags what is sent from now on. */
export function setTag(name: string, value: string | number | boolean): void {
  quietly(() => {
    Sentry.setTag(name, value);
  }, undefined);
}

/** Notes something that happened, to be sent along with an error that may follow. */
export function addBreadcrumb(breadcrumb: {
  readonly message: string;
  readonly category?: string;
  readonly level?: Level;
  readonly data?: Readonly<Record<string, unknown>>;
}): void {
  quietly(() => {
    const { data, ...rest } = breadcrumb;
    Sentry.addBreadcrumb({ ...rest, ...(data === undefined ? {} : { data: { ...data } }) });
  }, undefined);
}

/** Sends what is held, for at most that many milliseconds; whether all of it went. */
export async function flush(limitMs = 2_000): Promise<boolean> {
  try {
    return await Sentry.flush(limitMs);
  } catch {
    return false;
  }
}
