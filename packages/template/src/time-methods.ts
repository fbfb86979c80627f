import { fn } from "./callable.ts";
import { DurationValue, TimeValue, ZERO_TIME_MS } from "./time.ts";
import type { Methods } from "./values.ts";

/** The methods of a duration. */
export const durationMethods = (value: DurationValue): Methods => ({
  String: fn([], () => value.toString()),
  Nanoseconds: fn([], () => value.nanoseconds),
  Milliseconds: fn([], () => value.nanoseconds / 1_000_000n),
  Seconds: fn([], () => value.seconds),
  Minutes: fn([], () => value.seconds / 60),
  Hours: fn([], () => value.seconds / 3600),
  Round: fn(["time.Duration"], ([unit]) => roundTo(value, unit)),
  Truncate: fn(["time.Duration"], ([unit]) =>
    unit.nanoseconds <= 0n
      ? value
      : new DurationValue(value.nanoseconds - (value.nanoseconds % unit.nanoseconds)),
  ),
});

/** Rounds half away from zero. */
function roundTo(value: DurationValue, unit: DurationValue): DurationValue {
  const step = unit.nanoseconds;
  if (step <= 0n) return value;
  const rest = value.nanoseconds % step;
  const abs = rest < 0n ? -rest : rest;
  const down = value.nanoseconds - rest;
  if (abs * 2n < step) return new DurationValue(down);
  return new DurationValue(value.nanoseconds < 0n ? down - step : down + step);
}

/** The methods of a time. */
export const timeMethods = (value: TimeValue): Methods => ({
  String: fn([], () => value.toString()),
  Format: fn(["string"], ([layout]) => value.format(layout)),
  Unix: fn([], () => BigInt(Math.floor(value.ms / 1000))),
  UnixMilli: fn([], () => BigInt(Math.floor(value.ms))),
  UnixNano: fn([], () => BigInt(Math.round(value.ms * 1000)) * 1000n),
  UTC: fn([], () => new TimeValue(value.ms)),
  Local: fn([], () => new TimeValue(value.ms)),
  IsZero: fn([], () => value.ms === ZERO_TIME_MS),
  Before: fn(["time.Time"], ([other]) => value.ms < other.ms),
  After: fn(["time.Time"], ([other]) => value.ms > other.ms),
  Equal: fn(["time.Time"], ([other]) => value.ms === other.ms),
  Sub: fn(["time.Time"], ([other]) => DurationValue.ofMilliseconds(value.ms - other.ms)),
  Add: fn(
    ["time.Duration"],
    ([by]) => new TimeValue(value.ms + Number(by.nanoseconds) / 1e6, value.zone),
  ),
  Year: fn([], () => BigInt(value.format("2006"))),
  Day: fn([], () => BigInt(value.format("2").trim())),
  Hour: fn([], () => BigInt(Number(value.format("15")))),
  Minute: fn([], () => BigInt(Number(value.format("4")))),
  Second: fn([], () => BigInt(Number(value.format("5")))),
  Month: fn([], () => value.format("January")),
  Weekday: fn([], () => value.format("Monday")),
});
