import { createHash } from "node:crypto";
import type { NotificationPayload } from "./payload.ts";

/** A text of at most `most` code points, with an ellipsis where it was cut. */
export function truncate(text: string, most: number): string {
  if (text.length <= most) return text;
  const points = Array.from(text);
  return points.length <= most ? text : `${points.slice(0, most - 1).join("")}…`;
}

/** The same for a number of bytes of UTF-8. */
export function truncateBytes(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text;
  const cut = Buffer.from(text).subarray(0, most - 3);
  // A character that was cut in two is dropped.
  return `${cut.toString("utf8").replace(/\uFFFD+$/, "")}…`;
}

/**
 * What receivers know a group by: the same for all that is ever said of it, so that a repetition or a
 * resolution finds what it belongs to. The form is Alertmanager's, so that either can end what the
 * other has opened.
 */
export function groupHash({ groupKey }: NotificationPayload): string {
  return createHash("sha256").update(groupKey).digest("hex");
}

/** The parts of a list that is written with commas. */
export function splitList(text: string): string[] {
  return text
    .trim()
    .split(",")
    .filter((part) => part !== "");
}

/** The text, or nothing to say: fields that are empty are left out of JSON. */
export function optional(text: string): string | undefined {
  return text === "" ? undefined : text;
}

/** Reads JSON from a receiver; undefined when it is none. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** What a receiver says is wrong, from the field of its answer that should have it, or its whole answer. */
export function refusal(said: unknown, answer: string): string {
  return (typeof said === "string" ? said : answer).slice(0, 500);
}
