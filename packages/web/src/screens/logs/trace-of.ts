import type { LogLine } from "../../api/loki.ts";

/** The trace, and where it is known the span, that a line belongs to. */
export interface LineTrace {
  readonly traceId: string;
  readonly spanId: string | undefined;
}

const traceNames = ["trace_id", "traceId", "traceID", "traceid", "dd_trace_id"] as const;
const spanNames = ["span_id", "spanId", "spanID", "spanid", "dd_span_id"] as const;

/** By the fields of the line, else by what stands in its text; null when it names no trace. */
export function traceOf({ fields, text }: Pick<LogLine, "fields" | "text">): LineTrace | null {
  const traceId = idIn(fields, text, traceNames, /^[\da-f]{16,32}$/i);
  if (traceId === undefined || /^0+$/.test(traceId)) return null;
  return { traceId, spanId: idIn(fields, text, spanNames, /^[\da-f]{16}$/i) };
}

function idIn(
  fields: LogLine["fields"],
  text: string,
  names: readonly string[],
  form: RegExp,
): string | undefined {
  for (const name of names) {
    const given = fields[name];
    if (given !== undefined && form.test(given)) return given;
  }
  // `"trace_id":"…"` of JSON and `trace_id=…` of logfmt.
  const [, written] =
    new RegExp(`\\b(?:${names.join("|")})"?\\s*[:=]\\s*"?([\\da-f]+)\\b`, "i").exec(text) ?? [];
  return written !== undefined && form.test(written) ? written : undefined;
}
