/** What a line says of itself. */
export interface Understood {
  readonly timeNs?: bigint | undefined;
  readonly service?: string;
  readonly metadata: Readonly<Record<string, string>>;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const ACCESS =
  /^\S{1,256} \S{1,64} \S{1,256} \[(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)\] "(\S{1,16}) [^"]*" (\d{3}) /;
const NGINX_ERROR = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d) \[([a-z]{3,6})\] \d+#\d+: /;
const POSTGRES =
  /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})? [A-Z]{2,5}) .{0,200}?\b(DEBUG[1-5]?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT|CONTEXT|STATEMENT|QUERY): {2}/;
const POSTGRES_CSV = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [A-Z]{3,5}),/;
const STAMP =
  /^\[?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s?(Z\b|UTC\b|GMT\b|[+-]\d\d:?\d\d\b)?/;
const BSD = /^([A-Z][a-z]{2}) ([ \d]\d) (\d\d:\d\d:\d\d) /;

const TIME_FIELDS = ["time", "timestamp", "@timestamp", "ts", "t", "date", "asctime"];
const LEVEL_FIELDS = ["level", "severity", "lvl", "loglevel", "levelname", "log.level", "@l"];
const TRACE_FIELDS = ["trace_id", "traceId", "traceID", "dd.trace_id"];
const SPAN_FIELDS = ["span_id", "spanId", "spanID"];
const SERVICE_FIELDS = ["service", "service.name", "service_name"];

/** PostgreSQL's words for levels, in the words that are known everywhere. */
const POSTGRES_LEVELS: Readonly<Record<string, string>> = {
  LOG: "info",
  INFO: "info",
  NOTICE: "info",
  WARNING: "warn",
  ERROR: "error",
  FATAL: "fatal",
  PANIC: "critical",
};

/**
 * Reads a line's time, level and ids by the forms that are known: JSON (with PostgreSQL's jsonlog),
 * the access and error logs of nginx, PostgreSQL's text and CSV, and anything behind a time. A time
 * without a zone is of this machine's. `nowMs` finds the year where it is left out.
 */
export function understand(text: string, nowMs: number): Understood {
  const first = text.charCodeAt(0);
  if (first === 0x7b) return ofJson(text);
  const access = ACCESS.exec(text);
  if (access !== null) return ofAccess(access);
  const nginx = NGINX_ERROR.exec(text);
  if (nginx !== null) {
    const [, year, month, day, time, level = ""] = nginx;
    const timeNs = stamp(`${year}-${month}-${day}`, time ?? "", "", undefined);
    return { timeNs, service: "nginx", metadata: { level } };
  }
  const csv = POSTGRES_CSV.exec(text);
  if (csv !== null) return ofPostgresCsv(text, csv[1] ?? "");
  const postgres = POSTGRES.exec(text);
  if (postgres !== null) {
    const level = postgresLevel(postgres[2] ?? "");
    return { timeNs: stampText(postgres[1] ?? ""), service: "postgresql", metadata: { level } };
  }
  const timeNs = stampText(text) ?? bsdTime(text, nowMs);
  return { timeNs, metadata: {} };
}

function ofJson(text: string): Understood {
  let record: Readonly<Record<string, unknown>>;
  try {
    record = JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return { metadata: {} };
  }
  const first = (names: readonly string[]): string => {
    for (const name of names) {
      const value = record[name];
      if (typeof value === "string" || typeof value === "number") return String(value);
    }
    return "";
  };
  const metadata: Record<string, string> = {};
  const put = (name: string, value: string) => {
    if (value !== "") metadata[name] = value.slice(0, 200);
  };
  const severity = record["error_severity"];
  const isPostgres = typeof severity === "string" && "backend_type" in record;
  put("level", isPostgres ? postgresLevel(severity) : first(LEVEL_FIELDS));
  put("trace_id", first(TRACE_FIELDS));
  put("span_id", first(SPAN_FIELDS));
  if (isPostgres) put("sqlstate", first(["state_code"]));
  const service = isPostgres ? "postgresql" : first(SERVICE_FIELDS);
  const timeNs = anyTime(first(TIME_FIELDS));
  return { timeNs, metadata, ...(service === "" ? {} : { service }) };
}

function ofAccess(match: RegExpExecArray): Understood {
  const [, day, month = "", year, time = "", hours, minutes, method = "", status = ""] = match;
  const number = String(MONTHS.indexOf(month) + 1).padStart(2, "0");
  const timeNs = stamp(`${year}-${number}-${day}`, time, "", `${hours}:${minutes}`);
  const level = status.startsWith("5") ? "error" : status.startsWith("4") ? "warn" : "info";
  return { timeNs, service: "nginx", metadata: { level, status, method } };
}

/** Columns of `csvlog`, as PostgreSQL's documentation lists them. */
function ofPostgresCsv(text: string, time: string): Understood {
  const columns = csvColumns(text, 14);
  const [, user = "", database = ""] = columns;
  const metadata: Record<string, string> = { level: postgresLevel(columns[11] ?? "") };
  if (user !== "") metadata["user"] = user;
  if (database !== "") metadata["database"] = database;
  if (/^\w{5}$/.test(columns[12] ?? "")) metadata["sqlstate"] = columns[12] ?? "";
  return { timeNs: stampText(time), service: "postgresql", metadata };
}

function csvColumns(text: string, count: number): string[] {
  const columns: string[] = [];
  const column = /(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)/y;
  while (columns.length < count && column.lastIndex < text.length) {
    const match = column.exec(text);
    if (match === null) break;
    columns.push((match[1]?.replaceAll('""', '"') ?? match[2] ?? "").slice(0, 200));
  }
  return columns;
}

function postgresLevel(word: string): string {
  return word.startsWith("DEBUG") ? "debug" : (POSTGRES_LEVELS[word] ?? "info");
}

/** A time in JSON: a date, or a number since 1970 whose size tells its unit. */
function anyTime(text: string): bigint | undefined {
  if (text === "") return undefined;
  if (!/^\d+(?:\.\d+)?$/.test(text)) return stampText(text);
  const number = Number(text);
  if (number < 1e8) return undefined;
  if (number < 1e11) return BigInt(Math.round(number * 1e6)) * 1000n;
  if (number < 1e14) return BigInt(Math.round(number * 1e3)) * 1000n;
  if (number < 1e17) return BigInt(Math.round(number)) * 1000n;
  return /^\d{19}$/.test(text) ? BigInt(text) : undefined;
}

function stampText(text: string): bigint | undefined {
  const match = STAMP.exec(text);
  if (match === null) return undefined;
  return stamp(match[1] ?? "", match[2] ?? "", match[3] ?? "", match[4]);
}

function stamp(date: string, time: string, fraction: string, zone: string | undefined) {
  let offset = zone ?? "";
  if (/^[A-Z]/.test(offset)) offset = "Z";
  else if (offset.length === 5) offset = `${offset.slice(0, 3)}:${offset.slice(3)}`;
  const ms = Date.parse(`${date}T${time}${offset}`);
  if (Number.isNaN(ms)) return undefined;
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}

/** The time of syslog's files, in the nearest year. */
function bsdTime(text: string, nowMs: number): bigint | undefined {
  const match = BSD.exec(text);
  const month = match === null ? -1 : MONTHS.indexOf(match[1] ?? "");
  if (match === null || month < 0) return undefined;
  const day = (match[2] ?? "").trim().padStart(2, "0");
  const year = new Date(nowMs).getFullYear();
  const times = [year - 1, year, year + 1].map((each) =>
    Date.parse(`${each}-${String(month + 1).padStart(2, "0")}-${day}T${match[3]}`),
  );
  const good = times.filter((ms) => !Number.isNaN(ms));
  const [ms] = good.toSorted((a, b) => Math.abs(a - nowMs) - Math.abs(b - nowMs));
  return ms === undefined ? undefined : BigInt(ms) * 1_000_000n;
}
