import { createHash } from "node:crypto";
import { escapeHtml, indicatorOf, stateInWords } from "../../respond/index.ts";
import type { DayHistory, ShownComponent, ShownPost, StatusWorld } from "../../respond/index.ts";
import { bodyHtml } from "./body.ts";
import { styleOf } from "./style.ts";
import { lengthInWords, paragraph, percent, timeHtml } from "./words.ts";

const DAY = 86_400_000;
const MINUTE = 60_000;

/** A document and what browsers may do with it. */
export interface HtmlPage {
  readonly html: string;
  readonly policy: string;
}

/** How a document is put together: where its links lead, and what visitors may do. */
export interface HtmlContext {
  readonly world: StatusWorld;
  /** What its links begin with: `/status`, or nothing on a host name of its own. */
  readonly base: string;
  readonly hasMail: boolean;
}

/** The frame of every document of the page; `body` is HTML. */
export function documentOf(context: HtmlContext, title: string, body: string): HtmlPage {
  const { world, base } = context;
  const { settings, logo, access } = world.page;
  const style = styleOf(settings.accent);
  const hash = createHash("sha256").update(style).digest("base64");
  const name = escapeHtml(settings.name);
  const picture = logo === null ? "" : `<img src="${base}/logo" alt="${name}" height="48">`;
  const support =
    settings.supportUrl === ""
      ? ""
      : `<a href="${escapeHtml(settings.supportUrl)}" rel="noreferrer">Get help</a>`;
  const feeds =
    access.kind === "public"
      ? `<link rel="alternate" type="application/atom+xml" title="${name}" href="${base}/history.atom">
<link rel="alternate" type="application/rss+xml" title="${name}" href="${base}/history.rss">`
      : `<meta name="robots" content="noindex">`;
  return {
    policy: `default-src 'none'; style-src 'sha256-${hash}'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    html: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="${base}/badge.svg">
${feeds}
<style>${style}</style>
</head>
<body>
<div class="page">
<header>${picture}<h1><a href="${base === "" ? "/" : base}">${name}</a></h1>${support}</header>
<main>
${body}
</main>
<footer class="soft">All times are UTC. As of ${timeHtml(world.at)}. <a href="${base}/history">History</a> · <a href="${base}/history.atom">Atom</a> · <a href="${base}/history.rss">RSS</a> · <a href="${base}/api/v2/summary.json">JSON</a></footer>
</div>
</body>
</html>
`,
  };
}

/** The page itself. */
export function mainPage(context: HtmlContext): HtmlPage {
  const { world } = context;
  const { settings } = world.page;
  const { indicator, description } = indicatorOf(world.components.map(({ state }) => state));
  const open = world.posts.filter(({ resolvedAt }) => resolvedAt === null);
  const isPlanned = ({ kind, state }: ShownPost) => kind === "maintenance" && state === "scheduled";
  const now = open.filter((post) => !isPlanned(post));
  const planned = open.filter(isPlanned).sort((a, b) => (a.startsAt ?? 0) - (b.startsAt ?? 0));
  const section = (title: string, posts: readonly ShownPost[]) =>
    posts.length === 0
      ? ""
      : `<section><h2>${title}</h2>\n${posts.map((post) => postHtml(post, context)).join("\n")}</section>`;
  const past = world.posts.filter(
    ({ resolvedAt }) => resolvedAt !== null && resolvedAt > world.at - 14 * DAY,
  );
  const body = `${paragraph(settings.description)}
<p class="summary ${indicator}" role="status">${description}</p>
${section("Now", now)}
${componentsHtml(context)}
${section("Planned maintenance", planned)}
<section><h2>The last 14 days</h2>
${past.length === 0 ? "<p>Nothing was announced.</p>" : past.map((post) => postHtml(post, context)).join("\n")}
</section>
${settings.subscriptions ? subscribeHtml(context) : ""}`;
  return documentOf(context, `${settings.name}: ${description}`, body);
}

/** What was announced in the past 90 days. */
export function historyPage(context: HtmlContext): HtmlPage {
  const { posts, page } = context.world;
  const list = posts.filter(({ state }) => state !== "scheduled");
  const body = `<h2>The last 90 days</h2>
${list.length === 0 ? "<p>Nothing was announced.</p>" : list.map((post) => postHtml(post, context)).join("\n")}`;
  return documentOf(context, `${page.settings.name}: history`, body);
}

/** One announcement. */
export function postPage(post: ShownPost, context: HtmlContext): HtmlPage {
  const title = `${context.world.page.settings.name}: ${post.title}`;
  return documentOf(context, title, postHtml(post, context));
}

function componentsHtml({ world }: HtmlContext): string {
  const { components } = world;
  if (components.length === 0) {
    return "<section><h2>Components</h2><p>No components are shown yet.</p></section>";
  }
  const groups = new Map<string | null, ShownComponent[]>();
  for (const component of components) {
    const list = groups.get(component.group);
    if (list === undefined) groups.set(component.group, [component]);
    else list.push(component);
  }
  return [...groups]
    .map(
      ([group, list]) =>
        `<section><h2>${group === null ? "Components" : escapeHtml(group)}</h2>
<ul class="plain">
${list.map((component) => componentHtml(component, world)).join("\n")}
</ul></section>`,
    )
    .join("\n");
}

function componentHtml(component: ShownComponent, { components, at }: StatusWorld): string {
  const { name, description, state, note, dependsOn, source } = component;
  const needs = components.filter(({ id }) => dependsOn.includes(id)).map((one) => one.name);
  const about = [
    description,
    note,
    needs.length === 0 || note !== "" ? "" : `Depends on ${needs.join(", ")}`,
    source.kind === "probe" && component.autoState === null ? "No probe has answered yet" : "",
  ].filter((text) => text !== "");
  return `<li><div class="row"><h3>${escapeHtml(name)}</h3><span class="state ${state}">${stateInWords(state)}</span></div>
${about.length === 0 ? "" : `<p class="soft">${about.map(escapeHtml).join(" · ")}</p>`}
${component.days.length === 0 ? "" : daysHtml(component, at)}</li>`;
}

/** The past days as bars, each with its words for those who point, and one sentence for all. */
function daysHtml({ days, uptime, name }: ShownComponent, now: number): string {
  const width = 4;
  const bars = days
    .map((day, i) => {
      const [look, words] = barOf(day, now);
      return `<rect x="${i * (width + 1)}" width="${width}" height="20" class="${look}"><title>${day.day}: ${words}</title></rect>`;
    })
    .join("");
  const { ratio, knownDays } = uptime;
  const measured =
    ratio === null
      ? "No data yet"
      : `${percent(ratio)} uptime${knownDays < days.length ? `, measured on ${knownDays} of ${days.length} days` : ""}`;
  return `<svg class="bars" viewBox="0 0 ${days.length * (width + 1) - 1} 20" preserveAspectRatio="none" role="img" aria-label="${escapeHtml(name)}, the last ${days.length} days: ${measured}">${bars}</svg>
<div class="ends"><span>${days.length} days ago</span><span>${measured}</span><span>Today</span></div>`;
}

function barOf(day: DayHistory, now: number): readonly [look: string, words: string] {
  const { knownMs, downMs, worst } = day;
  if (knownMs <= 0) return ["", "no data"];
  const whole = Math.min(DAY, now - Date.parse(day.day));
  const missing = whole - knownMs;
  const partly = missing > 15 * MINUTE ? `, no data for ${lengthInWords(missing)}` : "";
  if (downMs >= MINUTE) {
    const look = downMs / knownMs >= 0.05 || worst === "major_outage" ? "down" : "major";
    return [look, `down for ${lengthInWords(downMs)}${partly}`];
  }
  if (worst === "operational") return ["up", `no trouble${partly}`];
  if (worst === "under_maintenance") return ["work", `maintenance${partly}`];
  return ["minor", `${stateInWords(worst).toLowerCase()}${partly}`];
}

const LOOK_OF_IMPACT = { none: "none", minor: "minor", major: "major", critical: "critical" };

function postHtml(post: ShownPost, { world, base }: HtmlContext): string {
  const names = new Map(world.components.map(({ id, name }) => [id, name]));
  const affected = post.components.flatMap(({ id }) => names.get(id) ?? []);
  const look =
    post.resolvedAt !== null
      ? "none"
      : post.kind === "maintenance"
        ? "maintenance"
        : LOOK_OF_IMPACT[post.impact];
  const when =
    post.startsAt === null || post.endsAt === null
      ? ""
      : `<p>${timeHtml(post.startsAt)} to ${timeHtml(post.endsAt)}</p>`;
  const updates = post.updates
    .map(
      (update) =>
        `<div class="update"><p><strong>${stateInWords(update.state)}</strong> <span class="soft">${timeHtml(update.at)}</span></p>
${bodyHtml(update.body)}</div>`,
    )
    .join("\n");
  return `<article class="${look}"><h3><a href="${base}/incidents/${post.id}">${escapeHtml(post.title)}</a></h3>
${when}${affected.length === 0 ? "" : `<p class="soft">Affected: ${affected.map(escapeHtml).join(", ")}</p>`}
${updates}</article>`;
}

function subscribeHtml({ base, hasMail }: HtmlContext): string {
  const form = (kind: string, label: string, type: string, placeholder: string) =>
    `<form method="post" action="${base}/subscribe"><input type="hidden" name="kind" value="${kind}">
<label for="by-${kind}">${label}</label><input id="by-${kind}" name="address" type="${type}" required maxlength="2000" placeholder="${placeholder}">
<button>Subscribe</button></form>`;
  const mail = hasMail
    ? `<details><summary>By e-mail</summary>${form("email", "Your e-mail address; you get one message to confirm it", "email", "you@example.com")}</details>`
    : "";
  return `<section><h2>Be told of updates</h2>
${mail}<details><summary>By webhook</summary>${form("webhook", "Where updates are posted as JSON; the first document has an address to confirm", "url", "https://example.com/hooks/status")}</details>
<details><summary>In Slack</summary>${form("slack", "The URL of an incoming webhook; its channel gets a link to confirm", "url", "https://hooks.slack.com/services/…")}</details>
<p class="soft">Or by feed: <a href="${base}/history.atom">Atom</a>, <a href="${base}/history.rss">RSS</a>.</p></section>`;
}
