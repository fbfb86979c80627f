/** An error that a program ran into, as a log line or an event of a span tells of it. */
export interface Exception {
  readonly type: string;
  readonly message: string;
  /** Empty where it is not known. */
  readonly stack: string;
}

type Fields = Readonly<Record<string, string>>;

/** The members under which loggers put an error into a line of JSON: pino's `err`, and what others do. */
const MEMBERS = ["err", "error", "exception"] as const;
/** Longer lines are not read as JSON for this. */
const LONGEST = 200_000;

/** By OpenTelemetry's attributes, with dots or, as log lines have them, underscores; null without any. */
export function exceptionOfFields(fields: Fields): Exception | null {
  const of = (name: string) => fields[`exception.${name}`] ?? fields[`exception_${name}`] ?? "";
  return known({ type: of("type"), message: of("message"), stack: of("stacktrace") });
}

/** The exception of a log line: by its fields, else by what stands in its JSON; null when it has none. */
export function exceptionOfLine(fields: Fields, text: string): Exception | null {
  const told = exceptionOfFields(fields);
  if (told !== null || !text.startsWith("{") || text.length > LONGEST) return told;
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return null;
  }
  const member = MEMBERS.map((name) => memberOf(line, name)).find(isObject);
  // An error is told by its stack: `error` may be anything, and a type and a message alone are in its line.
  const found = member === undefined ? null : exceptionIn(member);
  return found === null || found.stack === "" ? null : found;
}

function exceptionIn(object: object): Exception | null {
  const of = (...names: string[]) =>
    names.map((name) => memberOf(object, name)).find((value) => typeof value === "string") ?? "";
  return known({ type: of("type", "name"), message: of("message"), stack: of("stack") });
}

function known(exception: Exception): Exception | null {
  return Object.values(exception).every((part) => part === "") ? null : exception;
}

function memberOf(value: unknown, name: string): unknown {
  return isObject(value) ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** `TimeoutError: the bank did not answer`. */
export function headlineOfException({ type, message }: Exception): string {
  return [type, message].filter((part) => part !== "").join(": ");
}
