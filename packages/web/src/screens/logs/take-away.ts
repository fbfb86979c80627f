import type { LogLine } from "../../api/loki.ts";
import type { Span } from "../../time/time-range.ts";
import { nanoseconds, pageOfLines } from "./queries.ts";

/** The same question as a command for a shell, with a token from the environment. */
export function curlOf(origin: string, query: string, span: Span): string {
  const parameters = {
    query,
    start: nanoseconds(span.start),
    end: nanoseconds(span.end),
    limit: String(pageOfLines),
  };
  const parts = Object.entries(parameters).map(
    ([name, value]) => `--data-urlencode ${quoted(`${name}=${value}`)}`,
  );
  return [
    `curl -G -H "Authorization: Bearer $SEAWORTHY_TOKEN" ${quoted(`${origin}/loki/api/v1/query_range`)}`,
    ...parts,
  ].join(" \\\n  ");
}

/** In single quotes a shell takes everything as it is, but for these. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Lines as JSON, one a line, with everything that is known of them; the oldest first. */
export function linesAsJson(lines: readonly LogLine[]): string {
  return oldestFirst(lines)
    .map(
      ({ at, text, stream, fields }) => `${JSON.stringify({ at, line: text, stream, fields })}\n`,
    )
    .join("");
}

/** Lines as they were sent, each behind its time; the oldest first. */
export function linesAsText(lines: readonly LogLine[]): string {
  return oldestFirst(lines)
    .map(({ at, text }) => `${new Date(Number(at.slice(0, -6))).toISOString()} ${text}\n`)
    .join("");
}

function oldestFirst(lines: readonly LogLine[]): readonly LogLine[] {
  return [...lines].reverse();
}
