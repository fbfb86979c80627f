/** What of a trace page stands in its URL. */
export interface TraceView {
  /** The span that is open. */
  readonly span: string | null;
  /** Text that is looked for in the trace. */
  readonly find: string;
  /** Spans whose children are folded away. */
  readonly folded: ReadonlySet<string>;
  /** The part of the time that is shown, 0 to 1. */
  readonly zoom: readonly [from: number, to: number];
}

const whole = [0, 1] as const;

export function readTraceView(params: URLSearchParams): TraceView {
  const ends = (params.get("zoom") ?? "").split("-").map(Number);
  const [from = Number.NaN, to = Number.NaN] = ends;
  return {
    span: params.get("span"),
    find: params.get("find") ?? "",
    folded: new Set((params.get("fold") ?? "").split(",").filter((id) => id !== "")),
    zoom: from >= 0 && to <= 1 && to - from > 0 ? [from, to] : whole,
  };
}

/** The parameters with these parts of the view changed. */
export function writeTraceView(
  params: URLSearchParams,
  change: Partial<TraceView>,
): URLSearchParams {
  const next = new URLSearchParams(params);
  const put = (name: string, value: string) =>
    value === "" ? next.delete(name) : next.set(name, value);
  if (change.span !== undefined) put("span", change.span ?? "");
  if (change.find !== undefined) put("find", change.find);
  if (change.folded !== undefined) put("fold", [...change.folded].join(","));
  if (change.zoom !== undefined) {
    const [from, to] = change.zoom;
    put("zoom", from <= 0 && to >= 1 ? "" : `${shorten(from)}-${shorten(to)}`);
  }
  return next;
}

/** Six digits after the point: a thousandth of a pixel. */
const shorten = (part: number) => String(Number(part.toFixed(6)));
