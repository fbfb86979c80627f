import { fn, variadic } from "../callable.ts";
import { FunctionError } from "../errors.ts";
import { Output, toJson } from "../print.ts";
import { DurationValue, TimeValue, ZERO_TIME_MS } from "../time.ts";
import { readTime } from "../time-parse.ts";
import { ListValue, MapValue, SAFE_HTML, stringList, StructValue } from "../values.ts";
import { humanizeDuration, toFloat } from "./humanize.ts";
import { asIs, match, replaceAll, titleCase, toLower, toUpper } from "./text.ts";
import type { FunctionSet, Value } from "../values.ts";

/** What notification templates may ask of their surroundings. */
export interface AlertmanagerEnvironment {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The expanded value of a label of the route; nothing for one that it does not have. */
  readonly routeLabel?: (name: string) => string;
}

/** The functions of Alertmanager's notification templates. */
export function alertmanagerFunctions(environment: AlertmanagerEnvironment): FunctionSet {
  return {
    ...PURE,
    since: fn(["time.Time"], ([time]) => DurationValue.ofMilliseconds(environment.now() - time.ms)),
    now: fn([], () => new TimeValue(environment.now())),
    routeLabels: fn(["string"], ([name]) => environment.routeLabel?.(name) ?? ""),
  };
}

const PURE: FunctionSet = {
  toUpper,
  toLower,
  title: fn(["string"], ([text]) => titleCase(text)),
  trimSpace: fn(["string"], ([text]) => text.trim()),
  join: fn(["string", "[]string"], ([separator, list], run) => {
    const out = new Output(run.maxString);
    for (const [index, item] of list.items.entries()) {
      if (index > 0) out.write(separator);
      out.write(item);
    }
    return out.text;
  }),
  match,
  safeHtml: fn(["string"], ([text], run) =>
    run.html ? new StructValue(SAFE_HTML, {}, { text }) : text,
  ),
  safeUrl: asIs,
  urlUnescape: fn(["string"], ([text]) => {
    try {
      return decodeURIComponent(text.replaceAll("+", " "));
    } catch {
      throw new FunctionError(`invalid URL escape in ${JSON.stringify(text)}`);
    }
  }),
  reReplaceAll: replaceAll,
  stringSlice: variadic([], "string", (_, items) => stringList(items)),
  date: fn(["string", "time.Time"], ([layout, time]) => time.format(layout)),
  tz: fn(["string", "time.Time"], ([zone, time]) => time.in(zone)),
  toDate: fn(["string", "string"], ([layout, text]) => {
    return new TimeValue(readTime(text, layout) ?? ZERO_TIME_MS);
  }),
  mustToDate: fn(["string", "string"], ([layout, text]) => {
    const ms = readTime(text, layout);
    if (ms === undefined)
      throw new FunctionError(
        `cannot read ${JSON.stringify(text)} as a time of the form ${JSON.stringify(layout)}`,
      );
    return new TimeValue(ms);
  }),
  base64encode: fn(["string"], ([text]) => encodeBase64(text)),
  base64decode: fn(["string"], ([text]) => decodeBase64(text)),
  humanizeDuration: fn(["any"], ([value]) => humanizeDuration(toFloat(value))),
  toJson: fn(["any"], ([value], run) => {
    const out = new Output(run.maxString);
    toJson(value, out);
    return out.text;
  }),
  list: variadic([], "any", (_, items) => new ListValue(items)),
  append: variadic(["list"], "any", ([list], items, run) => {
    run.charge(16 * (list.items.length + items.length));
    return new ListValue([...list.items, ...items]);
  }),
  dict: variadic([], "any", (_, pairs) => {
    if (pairs.length % 2 !== 0)
      throw new FunctionError("dict requires an even number of arguments: pairs of key and value");
    const entries = new Map<string, Value>();
    for (let i = 0; i < pairs.length; i += 2) {
      const key = pairs[i];
      if (typeof key !== "string") throw new FunctionError("the keys of dict must be strings");
      entries.set(key, pairs[i + 1]);
    }
    return new MapValue(entries);
  }),
};

/** The alphabet that may stand in a URL, with padding, as Go's base64.URLEncoding. */
function encodeBase64(text: string): string {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) =>
    String.fromCharCode(byte),
  ).join("");
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_");
}

function decodeBase64(text: string): string {
  const valid = /^[A-Za-z0-9_-]*={0,2}$/.test(text) && text.length % 4 === 0;
  if (!valid)
    throw new FunctionError(`${JSON.stringify(text.slice(0, 100))} is not URL-safe base64`);
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder().decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
}
