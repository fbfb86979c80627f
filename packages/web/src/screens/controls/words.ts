import type { Control, ControlChange, ControlDraft, ControlValue } from "@seaworthy/contract";

/** A value as people say it. */
export function valueWords(value: ControlValue | null): string {
  if (value === null) return "none";
  if (typeof value === "boolean") return value ? "on" : "off";
  return String(value);
}

/** `off → on`; what was made or removed has one side only. */
export function changeWords({ was, value }: Pick<ControlChange, "was" | "value">): string {
  if (value === null) return `${valueWords(was)} → removed`;
  return was === null
    ? `made as ${valueWords(value)}`
    : `${valueWords(was)} → ${valueWords(value)}`;
}

/** Whether it is set to what it is not when nothing is wrong. */
export const isAway = ({ value, normal }: Pick<Control, "value" | "normal">): boolean =>
  value !== normal;

/** Whether a change to this value waits for a second person. */
export const needsSecond = (
  { twoPerson, normal }: Pick<Control, "twoPerson" | "normal">,
  value: ControlValue | null,
): boolean => twoPerson === "always" || (twoPerson === "away" && value !== normal);

/** Reads what was typed or chosen for a control; null when it is no value of it. */
export function readValue(range: ControlDraft["range"], text: string): ControlValue | null {
  if (range.kind === "boolean") return text === "on" ? true : text === "off" ? false : null;
  if (range.kind === "choice") return range.options.includes(text) ? text : null;
  const number = text.trim() === "" ? Number.NaN : Number(text);
  return number >= range.min && number <= range.max ? number : null;
}

/** What a change is offered first: the other side of a switch, else what is normal. */
export function offered({ range, value, normal }: Control): string {
  if (range.kind === "boolean") return value === true ? "off" : "on";
  if (value !== normal || range.kind === "number") return valueWords(normal);
  return range.options.find((option) => option !== value) ?? valueWords(value);
}

/** The controls that every service has; they are never removed alone and stay switches. */
export const standard: ReadonlySet<string> = new Set([
  "kill-switch",
  "safe-mode",
  "operator-takeover",
]);
