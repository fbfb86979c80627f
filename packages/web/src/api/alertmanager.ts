import { ApiError, readProblem, unreachable } from "./call.ts";

/** A comparison of one label, as Alertmanager's API writes it. */
export interface Matcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

/** A time during which nobody is told of the alerts that all its matchers fit. */
export interface Silence {
  readonly id: string;
  readonly status: { readonly state: "active" | "pending" | "expired" };
  readonly matchers: readonly Matcher[];
  /** RFC 3339. */
  readonly startsAt: string;
  /** RFC 3339. */
  readonly endsAt: string;
  readonly createdBy: string;
  readonly comment: string;
}

export type NewSilence = Omit<Silence, "id" | "status">;

async function ask(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`/api/v2/${path}`, { ...init, method, credentials: "same-origin" });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw unreachable();
  }
  if (response.ok) return response;
  // This API tells its refusals as one text.
  const told: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  if (typeof told !== "string") throw await readProblem(response);
  throw new ApiError({
    status: response.status,
    code: "refused",
    title: "The server refused",
    detail: told,
    instance: response.headers.get("x-request-id") ?? undefined,
  });
}

/** All silences, the active ones first. Throws ApiError. */
export async function listSilences(signal?: AbortSignal): Promise<readonly Silence[]> {
  const answer = await ask("GET", "silences", signal === undefined ? {} : { signal });
  return (await answer.json()) as readonly Silence[];
}

/** Begins a silence. Throws ApiError. */
export async function createSilence(silence: NewSilence): Promise<void> {
  await ask("POST", "silences", {
    headers: { "content-type": "application/json" },
    body: JSON.stringify(silence),
  });
}

/** Ends a silence now. Throws ApiError. */
export async function expireSilence(id: string): Promise<void> {
  await ask("DELETE", `silence/${encodeURIComponent(id)}`);
}
