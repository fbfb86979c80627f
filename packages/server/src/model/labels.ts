/**
 * A label set. Names are UTF-8 strings; an absent label and a label with the empty value are the
 * same thing (Prometheus's data model), so constructors drop empty values.
 */
export type Labels = Readonly<Record<string, string>>;

/** The label that carries a metric's name. */
export const METRIC_NAME = "__name__";

/** Label names in the order in which every canonical form lists them: by UTF-16 code unit. */
export function sortedNames(labels: Labels): string[] {
  return Object.keys(labels).sort();
}

/**
 * A canonical text for a label set, equal for equal sets whatever their insertion order. For use as
 * a map key inside one process; not stable across versions and not for people.
 */
export function labelsKey(labels: Labels): string {
  let key = "";
  // Lengths and not separators: a value may hold any character.
  for (const name of sortedNames(labels)) {
    const value = labels[name] ?? "";
    key += `${name.length}:${name}${value.length}:${value}`;
  }
  return key;
}

const encoder = new TextEncoder();
const SEPARATOR = 255;

/**
 * The 64-bit FNV-1a fingerprint of a label set as 16 hex digits, computed as Prometheus and
 * Alertmanager do (common/model: name, 0xff, value, 0xff in name order), so that ids shown here and
 * by amtool agree.
 */
export function fingerprint(labels: Labels): string {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  const add = (byte: number) => {
    low = (low ^ byte) >>> 0;
    // Multiply the 64-bit state by 0x100000001b3 = 2^40 + 0x1b3 in two 32-bit halves.
    const product = low * 0x1b3;
    const carry = Math.floor(product / 0x1_0000_0000);
    high = (Math.imul(high, 0x1b3) + carry + (low << 8)) >>> 0;
    low = product >>> 0;
  };
  const addText = (text: string) => {
    let at = 0;
    for (; at < text.length && text.charCodeAt(at) < 128; at += 1) add(text.charCodeAt(at));
    if (at < text.length) for (const byte of encoder.encode(text.slice(at))) add(byte);
    add(SEPARATOR);
  };
  for (const name of sortedNames(labels)) {
    addText(name);
    addText(labels[name] ?? "");
  }
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}

/** A copy of `labels` without empty values, which mean "absent". */
export function withoutEmpty(labels: Labels): Labels {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(labels)) if (value !== "") kept[name] = value;
  return kept;
}
