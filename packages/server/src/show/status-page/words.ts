import { escapeHtml } from "../../respond/index.ts";

/** An instant for people, with the machine's form in it; all of the page is in UTC. */
export function timeHtml(at: number): string {
  const iso = new Date(at).toISOString();
  return `<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`;
}

/** A share as a percentage that never rounds trouble away: 0.99999 is 99.99 %, not 100 %. */
export function percent(ratio: number): string {
  if (ratio >= 1) return "100 %";
  return `${(Math.floor(ratio * 10_000) / 100).toFixed(2)} %`;
}

/** A length of time in its two largest units. */
export function lengthInWords(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

/** A text of a person, in a paragraph. */
export const paragraph = (text: string): string =>
  text === "" ? "" : `<p>${escapeHtml(text)}</p>`;
