import { escapeHtml, indicatorOf } from "../../respond/index.ts";
import type { StatusWorld } from "../../respond/index.ts";

const SHORT = {
  none: ["operational", "#17803d"],
  maintenance: ["maintenance", "#1d5fc4"],
  minor: ["degraded", "#96610a"],
  major: ["partial outage", "#b4480d"],
  critical: ["outage", "#c4212b"],
} as const;

/** Of the sans-serif fonts that a browser may use, about this wide at 11 px. */
const CHARACTER = 6.6;
const MAX_NAME = 40;

/** The page's state as a picture for other pages, with its words for those who do not see it. */
export function badgeSvg({ page, components }: StatusWorld): string {
  const [state, colour] = SHORT[indicatorOf(components.map((one) => one.state)).indicator];
  const given = page.settings.name;
  const name = given.length > MAX_NAME ? `${given.slice(0, MAX_NAME - 1)}…` : given;
  const left = Math.round(name.length * CHARACTER + 14);
  const right = Math.round(state.length * CHARACTER + 14);
  const label = escapeHtml(`${name}: ${state}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${label}">
<title>${label}</title>
<rect width="${left}" height="20" rx="3" fill="#33373f"/><rect x="${left - 3}" width="${right + 3}" height="20" rx="3" fill="${colour}"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
<text x="${left / 2}" y="14">${escapeHtml(name)}</text><text x="${left + right / 2}" y="14">${state}</text>
</g>
</svg>
`;
}
