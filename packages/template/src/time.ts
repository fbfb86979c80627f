import { FunctionError } from "./errors.ts";
import { formatTime } from "./time-layout.ts";

const SECOND = 1_000_000_000n;
const MINUTE = 60n * SECOND;
const HOUR = 60n * MINUTE;

/** Go's time.Duration. */
export class DurationValue {
  readonly kind = "duration";
  readonly typeName = "time.Duration";
  readonly nanoseconds: bigint;

  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
  }

  static ofMilliseconds(ms: number): DurationValue {
    return new DurationValue(BigInt(Math.round(ms * 1e6)));
  }

  get seconds(): number {
    return Number(this.nanoseconds) / 1e9;
  }

  /** As Go prints it: `1h2m3.5s`, `1.5ms`, `0s`. */
  toString(): string {
    const total = this.nanoseconds;
    if (total === 0n) return "0s";
    const sign = total < 0n ? "-" : "";
    const abs = total < 0n ? -total : total;
    if (abs < 1000n) return `${sign}${abs}ns`;
    if (abs < 1_000_000n) return `${sign}${decimal(abs, 3)}µs`;
    if (abs < SECOND) return `${sign}${decimal(abs, 6)}ms`;
    const hours = abs / HOUR;
    const minutes = (abs % HOUR) / MINUTE;
    const seconds = `${decimal(abs % MINUTE, 9)}s`;
    if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}`;
    if (minutes > 0n) return `${sign}${minutes}m${seconds}`;
    return sign + seconds;
  }
}

/** `value` divided by 10^`places`, without trailing zeros. */
function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, "0");
  const fraction = digits.slice(-places).replace(/0+$/, "");
  const whole = digits.slice(0, -places);
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

/** Go's time.Time: an instant and the zone in which it is shown. */
export class TimeValue {
  readonly kind = "time";
  readonly typeName = "time.Time";
  /** Milliseconds since 1970. */
  readonly ms: number;
  /** An IANA zone name; `UTC` by default. */
  readonly zone: string;

  constructor(ms: number, zone = "UTC") {
    this.ms = ms;
    this.zone = zone;
  }

  /** In a Go layout such as `2006-01-02 15:04:05 MST`. */
  format(layout: string): string {
    return formatTime(this.ms, this.zone, layout);
  }

  /** The same instant in another zone. Throws FunctionError for a zone that is not known. */
  in(zone: string): TimeValue {
    const name = zone === "" ? "UTC" : zone;
    try {
      void new Intl.DateTimeFormat("en-US", { timeZone: name });
    } catch {
      throw new FunctionError(`unknown time zone ${zone}`);
    }
    return new TimeValue(this.ms, name);
  }

  toString(): string {
    return this.format("2006-01-02 15:04:05.999999999 -0700 MST");
  }
}

/** Go's zero time, 0001-01-01 00:00:00 UTC. */
export const ZERO_TIME_MS = -62_135_596_800_000;
