import type { Answer } from "./answer.ts";

/** An answer with problem details (RFC 9457). `type` defaults to "about:blank": the status says it all. */
export function problemAnswer(
  status: number,
  title: string,
  more: { readonly detail?: string; readonly [member: string]: unknown } = {},
): Answer {
  return {
    status,
    headers: { "content-type": "application/problem+json" },
    body: JSON.stringify({ type: "about:blank", title, status, ...more }),
  };
}
