import { fn, variadic } from "../callable.ts";
import { FunctionError } from "../errors.ts";
import { Output, toJson } from "../print.ts";
import { DurationValue } from "../time.ts";
import { ListValue, MapValue, stringList } from "../values.ts";
import { humanizeDuration, toFloat } from "./humanize.ts";
import { asIs, match, replaceAll, titleCase, toLower, toUpper } from "./text.ts";
import type { FunctionSet, Value } from "../values.ts";

/** The functions of Alertmanager's notification templates. `now` answers milliseconds since 1970. */
export function alertmanagerFunctions(environment: { readonly now: () => number }): FunctionSet {
  return {
    ...PURE,
    since: fn(["time.Time"], ([time]) => DurationValue.ofMilliseconds(environment.now() - time.ms)),
    now: fn([], () => environment.now() / 1000),
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
  safeHtml: asIs,
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
