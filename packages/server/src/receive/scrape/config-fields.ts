import { z } from "zod";
import { parseDuration, Secret } from "../../model/index.ts";
import { isName } from "./names.ts";

/**
 * The kinds of values in `prometheus.yml`, read as Prometheus reads them. Scalars arrive with their
 * source text (ConfigOptions.exactText), because Go's reader gives a text field what the file says.
 */
function scalar<T>(expected: string, read: (text: string) => T | undefined) {
  return z.unknown().transform((value, context): T => {
    const text = textOf(value);
    const result = text === undefined ? undefined : read(text);
    if (result !== undefined) return result;
    const found = text === undefined ? kindOf(value) : JSON.stringify(text);
    context.addIssue({ code: "custom", message: `expected ${expected}, found ${found}` });
    return z.NEVER;
  });
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  return Array.isArray(value) ? "a list" : "a map";
}

export const text = scalar("a text", (value) => value);

export const secret = scalar("a text", (value) => new Secret(value));

/** Milliseconds. */
export const duration = scalar("a duration such as 15s or 1m30s", parseDuration);

// YAML 1.1's spellings, which Go's reader still takes.
const TRUE = /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/;

export const flag = scalar("true or false", (value) => {
  if (TRUE.test(value)) return true;
  return FALSE.test(value) ? false : undefined;
});

/** A count of which 0 means "no limit". */
export const count = scalar("a whole number from 0", (value) => {
  const number = value.trim() === "" ? Number.NaN : Number(value.replaceAll("_", ""));
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
});

export const factor = scalar("a number", (value) => {
  const number = value.trim() === "" ? Number.NaN : Number(value);
  return Number.isFinite(number) ? number : undefined;
});

const SIZE_UNITS = new Map(["", "K", "M", "G", "T", "P"].map((prefix, i) => [prefix, 1024 ** i]));

/** Bytes. Prometheus's units are binary with or without the `i`: 1KB is 1024 bytes. */
export const byteSize = scalar("a size such as 10MB or 512KiB", (value) => {
  if (value === "0") return 0;
  let bytes = 0;
  let rest = value;
  while (rest !== "") {
    const match = /^(\d+(?:\.\d*)?|\.\d+)([KMGTP]?)i?B/.exec(rest);
    const unit = SIZE_UNITS.get(match?.[2] ?? "");
    if (match === null || unit === undefined) return undefined;
    bytes += Number(match[1]) * unit;
    rest = rest.slice(match[0].length);
  }
  return value === "" || !Number.isSafeInteger(Math.round(bytes)) ? undefined : Math.round(bytes);
});

/** A whole number of 64 bits, in any of the bases that YAML knows. */
export const unsigned64 = scalar("a whole number from 0 to 2^64-1", (value) => {
  const digits = value.replaceAll("_", "").replace(/^0(?=[0-7])/, "0o");
  if (!/^(?:\d+|0x[0-9a-fA-F]+|0b[01]+|0o[0-7]+)$/.test(digits)) return undefined;
  const number = BigInt(digits);
  return number < 2n ** 64n ? number : undefined;
});

export const labelName = scalar("a label name", (value) =>
  isName(value, "utf8") ? value : undefined,
);

export const labelMap = z.record(z.string(), text).superRefine((labels, context) => {
  for (const name of Object.keys(labels)) {
    if (isName(name, "utf8")) continue;
    const message = `${JSON.stringify(name)} is not a label name`;
    context.addIssue({ code: "custom", path: [name], message });
  }
});

/** A field that Prometheus has and this version does not act on: refused by name, never ignored. */
export function unsupported(instead: string, of = "Prometheus") {
  return z
    .unknown()
    .refine((value) => value === undefined, {
      error: (issue) =>
        `${String(issue.path?.at(-1) ?? "this field")} is a field of ${of} that is not supported yet; ${instead}`,
    })
    .optional();
}

/** The same for several fields at once. */
export function unsupportedFields(names: readonly string[], instead: string, of = "Prometheus") {
  return Object.fromEntries(names.map((name) => [name, unsupported(instead, of)]));
}

/** Takes the nulls out of maps: `key:` with nothing behind it means "as if it were not there". */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null)
      .map(([name, field]) => [name, withoutNulls(field)]),
  );
}
