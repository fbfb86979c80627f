import { addressOf } from "@seaworthy/contract";
import type { AnswerOf, InputOf, Operation, Problem } from "@seaworthy/contract";

/** An answer that is not a success, or none at all. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status; 0 when the server could not be reached. */
  readonly status: number;
  readonly code: string;
  readonly title: string;
  /** The id to quote when asking for help, where the server gave one. */
  readonly reference: string | null;

  constructor(
    problem: Pick<Problem, "status" | "code" | "title" | "detail"> & {
      instance?: string | undefined;
    },
  ) {
    super(problem.detail);
    this.status = problem.status;
    this.code = problem.code;
    this.title = problem.title;
    this.reference = problem.instance ?? null;
  }
}

/** The error that stands for a request that got no answer. */
export function unreachable(): ApiError {
  return new ApiError({
    status: 0,
    code: "unreachable",
    title: "The server cannot be reached",
    detail:
      "Check that Seaworthy is running and that this device is online. What you see may be old.",
  });
}

/** Reads a failed answer: problem details where the server sent them, else the status. */
export async function readProblem(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => "");
  try {
    const body = JSON.parse(text) as Partial<Problem>;
    if (typeof body.detail === "string" || typeof body.title === "string")
      return new ApiError({
        status: response.status,
        code: body.code ?? "unknown",
        title: body.title ?? `The server answered ${response.status}`,
        detail: body.detail ?? "",
        instance: body.instance,
      });
  } catch {
    // Not JSON: a proxy's page, say. The status is all that is known.
  }
  return new ApiError({
    status: response.status,
    code: "unknown",
    title: `The server answered ${response.status}`,
    detail: "The answer was not one that Seaworthy gives. A proxy in between may have made it.",
    instance: response.headers.get("x-request-id") ?? undefined,
  });
}

/** Calls an operation of the own API. Throws ApiError. */
export async function call<O extends Operation>(
  operation: O,
  input: InputOf<O>,
  signal?: AbortSignal,
): Promise<AnswerOf<O>> {
  const given = input as { params?: unknown; query?: unknown; body?: unknown };
  const hasBody = operation.method === "POST" || operation.method === "PUT";
  let response: Response;
  try {
    response = await fetch(addressOf(operation, given), {
      method: operation.method,
      credentials: "same-origin",
      headers: hasBody ? { "content-type": "application/json" } : {},
      ...(hasBody ? { body: JSON.stringify(given.body ?? {}) } : {}),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw unreachable();
  }
  if (!response.ok) throw await readProblem(response);
  const answer: unknown = response.status === 204 ? {} : await response.json();
  if (import.meta.env.DEV) checkAgainstContract(operation, answer);
  return answer as AnswerOf<O>;
}

/** While developing, an answer that is not what the contract says is told at once. */
function checkAgainstContract(operation: Operation, answer: unknown): void {
  const checked = operation.answer.safeParse(answer);
  if (!checked.success)
    console.error(`${operation.method} ${operation.path} broke its contract`, checked.error.issues);
}
