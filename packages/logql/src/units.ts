const DURATION_UNITS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

const DURATION_PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h|d|w|y)/gy;

/** Reads a duration such as `1h30m`, `1.5s` or `-5ms`; answers seconds, undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const negative = text.startsWith("-");
  const body = negative || text.startsWith("+") ? text.slice(1) : text;
  if (body === "0") return 0;
  let seconds = 0;
  let at = 0;
  DURATION_PART.lastIndex = 0;
  for (let part = DURATION_PART.exec(body); part !== null; part = DURATION_PART.exec(body)) {
    seconds += Number(part[1]) * (DURATION_UNITS[part[2] ?? ""] ?? 0);
    at = DURATION_PART.lastIndex;
  }
  if (at === 0 || at !== body.length) return undefined;
  return negative ? -seconds : seconds;
}

const BYTE_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  ki: 2 ** 10,
  kib: 2 ** 10,
  m: 1e6,
  mb: 1e6,
  mi: 2 ** 20,
  mib: 2 ** 20,
  g: 1e9,
  gb: 1e9,
  gi: 2 ** 30,
  gib: 2 ** 30,
  t: 1e12,
  tb: 1e12,
  ti: 2 ** 40,
  tib: 2 ** 40,
  p: 1e15,
  pb: 1e15,
  pi: 2 ** 50,
  pib: 2 ** 50,
};

/** Reads a size such as `5KB`, `1.5 MiB` or `42`; answers bytes, undefined for anything else. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+\.?\d*|\.\d+)\s*([A-Za-z]*)$/.exec(text);
  const unit = BYTE_UNITS[(match?.[2] ?? "?").toLowerCase()];
  return match === null || unit === undefined ? undefined : Math.trunc(Number(match[1]) * unit);
}

/** Reads a float as Go does, for what is found in lines; undefined for anything else. */
export function parseFloat64(text: string): number | undefined {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text);
  const word = /^([+-]?)(?:inf(?:inity)?|(nan))$/i.exec(text);
  if (word === null) return undefined;
  if (word[2] !== undefined) return Number.NaN;
  return word[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
