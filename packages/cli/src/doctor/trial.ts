/** What came of trying one thing. */
export interface Finding {
  readonly name: string;
  readonly result: "works" | "fails" | "skipped";
  /** What was seen. */
  readonly detail: string;
  /** What to do about it, when it does not work. */
  readonly remedy?: string;
}

export function works(name: string, detail: string): Finding {
  return { name, result: "works", detail };
}

export function fails(name: string, detail: string, remedy: string): Finding {
  return { name, result: "fails", detail, remedy };
}

export function skipped(name: string, detail: string): Finding {
  return { name, result: "skipped", detail };
}

const timeoutMs = 5_000;
const maxBody = 20_000_000;

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Asks over HTTP; an answer, or in words why there is none. */
export async function ask(
  url: URL,
  token?: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer | string> {
  try {
    const response = await fetch(url, {
      headers: token === undefined ? more : { ...more, authorization: `Bearer ${token}` },
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    let text = "";
    const decoder = new TextDecoder();
    if (response.body !== null)
      for await (const chunk of response.body) {
        text += decoder.decode(chunk as Uint8Array, { stream: true });
        if (text.length > maxBody) return `its answer is longer than ${maxBody} characters`;
      }
    return { status: response.status, text };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    if (cause instanceof Error && cause.name === "TimeoutError")
      return `no answer within ${timeoutMs / 1000} s`;
    return cause instanceof Error ? cause.message || cause.name : String(cause);
  }
}

/** The JSON in an answer; undefined when it is none. */
export function jsonOf(answer: Answer): unknown {
  try {
    return JSON.parse(answer.text);
  } catch {
    return undefined;
  }
}

/** A member of what may be an object. */
export function member(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}

/** A list, or an empty one where there is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text, a number or a truth in words; nothing for anything else. */
export function textOf(value: unknown): string {
  return ["string", "number", "boolean"].includes(typeof value) ? String(value) : "";
}
