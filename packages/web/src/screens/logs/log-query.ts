/** A log query that shows everything. */
export const everything = '{service_name=~".+"}';

/** Whether the query gives lines and not figures. */
export function givesLines(query: string): boolean {
  return query.trim().startsWith("{");
}

/** The end of the stream selector: the place of its closing brace, outside of strings. */
function selectorEnd(query: string): number {
  let quote = "";
  for (let i = 0; i < query.length; i += 1) {
    const char = query[i] ?? "";
    if (quote !== "") {
      if (char === "\\" && quote === '"') i += 1;
      else if (char === quote) quote = "";
    } else if (char === '"' || char === "`") quote = char;
    else if (char === "}") return i;
  }
  return -1;
}

/**
 * The query narrowed to lines whose stream label has this value, or has not. A condition on the same
 * label and value is replaced.
 */
export function withLabel(query: string, name: string, value: string, has = true): string {
  const end = selectorEnd(query);
  if (end === -1) return query;
  const start = query.indexOf("{");
  const inside = query.slice(start + 1, end);
  const wanted = `${name}${has ? "=" : "!="}${JSON.stringify(value)}`;
  const kept = splitMatchers(inside).filter(
    (matcher) =>
      matcher !== `${name}=${JSON.stringify(value)}` &&
      matcher !== `${name}!=${JSON.stringify(value)}` &&
      // "Any service" says nothing more beside a service.
      !(has && matcher.startsWith(`${name}=~".+"`)),
  );
  return `${query.slice(0, start)}{${[...kept, wanted].join(", ")}${query.slice(end)}`;
}

/** The query narrowed to lines with, or without, this value in a field of their own. */
export function withField(query: string, name: string, value: string, has = true): string {
  const operator = has ? "=" : "!=";
  return `${query.trim()} | ${name}${operator}${JSON.stringify(value)}`;
}

/** The query narrowed to lines that contain the text. */
export function withText(query: string, text: string): string {
  const end = selectorEnd(query);
  if (end === -1 || text === "") return query;
  return `${query.slice(0, end + 1)} |= ${JSON.stringify(text)}${query.slice(end + 1)}`;
}

/** The query narrowed to lines of a shape, such as `user <_> signed in`, or to all others. */
export function withPattern(query: string, pattern: string, has = true): string {
  const end = selectorEnd(query);
  if (end === -1) return query;
  const quoted = pattern.includes("`") ? JSON.stringify(pattern) : `\`${pattern}\``;
  return `${query.slice(0, end + 1)} ${has ? "|>" : "!>"} ${quoted}${query.slice(end + 1)}`;
}

/** How many lines of each level, in steps of so many seconds. */
export function volumeQuery(query: string, step: number): string {
  return `sum by (detected_level) (count_over_time(${query.trim()} [${step}s]))`;
}

function splitMatchers(inside: string): string[] {
  const found: string[] = [];
  let quote = "";
  let from = 0;
  for (let i = 0; i <= inside.length; i += 1) {
    const char = inside[i] ?? ",";
    if (quote !== "" && i < inside.length) {
      if (char === "\\" && quote === '"') i += 1;
      else if (char === quote) quote = "";
    } else if (char === '"' || char === "`") quote = char;
    else if (char === ",") {
      const matcher = inside.slice(from, i).trim();
      if (matcher !== "") found.push(matcher);
      from = i + 1;
    }
  }
  return found;
}
