/** A search that fields can show: one span that fulfils everything. */
export interface PlainQuery {
  readonly service?: string | undefined;
  /** A span's name. */
  readonly operation?: string | undefined;
  /** Durations as TraceQL writes them, `250ms`. */
  readonly atLeast?: string | undefined;
  readonly atMost?: string | undefined;
  readonly status?: string | undefined;
  /** Conditions that have no field, as they are written. */
  readonly others?: readonly string[];
}

/** What spans without any condition are found by. */
export const anySpan = "{}";

/** What services were asked for: what is compared where nothing else is said. */
export const incoming = "{ kind = server }";

/** Whether TraceQL reads it as a duration. */
export function isDuration(text: string): boolean {
  return /^\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h)$/.test(text);
}

/** The condition that a span has an attribute, or one of the fields that every span has. */
export function attributeCondition(name: string, value: string): string {
  if (name === "status") return `status = ${value}`;
  const text = JSON.stringify(value);
  if (name === "name") return `name = ${text}`;
  if (name === "service") return `resource.service.name = ${text}`;
  return `.${/^[\w.-]+$/.test(name) ? name : JSON.stringify(name)} = ${text}`;
}

/** A search as TraceQL. */
export function writeQuery(query: PlainQuery): string {
  const { service, operation, atLeast, atMost, status, others = [] } = query;
  const conditions = [
    service ? `resource.service.name = ${JSON.stringify(service)}` : "",
    operation ? `name = ${JSON.stringify(operation)}` : "",
    atLeast ? `duration >= ${atLeast}` : "",
    atMost ? `duration <= ${atMost}` : "",
    status ? `status = ${status}` : "",
    ...others,
  ].filter((condition) => condition !== "");
  return conditions.length === 0 ? anySpan : `{ ${conditions.join(" && ")} }`;
}

/** Reads TraceQL back into fields; null when it says more than they can. */
export function readQuery(text: string): PlainQuery | null {
  const bare = text.trim();
  if (bare === "") return {};
  const parts = conditionsOf(bare);
  if (parts === null) return null;
  const query: { -readonly [K in keyof PlainQuery]: PlainQuery[K] } = {};
  const others: string[] = [];
  for (const part of parts) {
    const field = fieldOf(part);
    if (field === null || query[field[0]] !== undefined) others.push(part);
    else query[field[0]] = field[1];
  }
  return { ...query, others };
}

const fields: readonly (readonly [Exclude<keyof PlainQuery, "others">, RegExp])[] = [
  ["service", /^(?:resource)?\.service\.name\s*=\s*("(?:[^"\\]|\\.)*")$/],
  ["operation", /^(?:span:)?name\s*=\s*("(?:[^"\\]|\\.)*")$/],
  ["atLeast", /^(?:span:)?duration\s*>=?\s*([\d.]+(?:ns|us|µs|ms|s|m|h))$/],
  ["atMost", /^(?:span:)?duration\s*<=?\s*([\d.]+(?:ns|us|µs|ms|s|m|h))$/],
  ["status", /^(?:span:)?status\s*=\s*(error|ok|unset)$/],
];

function fieldOf(part: string): [Exclude<keyof PlainQuery, "others">, string] | null {
  for (const [name, form] of fields) {
    const value = form.exec(part)?.[1];
    if (value !== undefined) return [name, value.startsWith('"') ? unquoted(value) : value];
  }
  return null;
}

function unquoted(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.slice(1, -1);
  }
}

/** The conditions of a single spanset that all must hold; null when the query is anything else. */
function conditionsOf(query: string): string[] | null {
  if (!query.startsWith("{") || !query.endsWith("}")) return null;
  const inside = query.slice(1, -1);
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < inside.length; i += 1) {
    const char = inside[i];
    if (char === '"' || char === "`") i = endOfText(inside, i);
    else if (char === "(") depth += 1;
    else if (char === ")") depth -= 1;
    else if (char === "{" || char === "}") return null;
    else if (depth === 0 && inside.startsWith("||", i)) return null;
    else if (depth === 0 && inside.startsWith("&&", i)) {
      parts.push(inside.slice(from, i));
      i += 1;
      from = i + 1;
    }
  }
  parts.push(inside.slice(from));
  const trimmed = parts.map((part) => part.trim());
  if (trimmed.length === 1 && trimmed[0] === "") return [];
  return depth === 0 && trimmed.every((part) => part !== "") ? trimmed : null;
}

function endOfText(text: string, start: number): number {
  const quote = text[start];
  let i = start + 1;
  while (i < text.length && text[i] !== quote) i += text[i] === "\\" && quote === '"' ? 2 : 1;
  return i;
}
