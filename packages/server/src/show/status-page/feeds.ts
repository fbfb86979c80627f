import { escapeHtml, stateInWords } from "../../respond/index.ts";
import type { ShownPost, StatusWorld } from "../../respond/index.ts";
import { bodyHtml } from "./body.ts";

/** Entries of a feed. */
const MAX_ENTRIES = 50;

/** Characters that XML 1.0 cannot hold, even escaped. */
const UNSPEAKABLE = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

const xml = (text: string) => escapeHtml(text.replaceAll(UNSPEAKABLE, "\uFFFD"));

/** An announcement's updates as HTML, newest first, escaped into XML. */
function contentOf({ updates }: ShownPost): string {
  const html = updates
    .map(
      ({ state, at, body }) =>
        `<p><strong>${stateInWords(state)}</strong> ${new Date(at).toISOString()}</p>${bodyHtml(body)}`,
    )
    .join("");
  return xml(html);
}

const titleOf = ({ title, state }: ShownPost) => xml(`${stateInWords(state)}: ${title}`);

/** The page's announcements as Atom (RFC 4287). */
export function atomFeed({ page, posts, at }: StatusWorld, url: string): string {
  const iso = (instant: number) => new Date(instant).toISOString();
  const entries = posts.slice(0, MAX_ENTRIES).map(
    (post) => `<entry>
<id>urn:uuid:${post.id}</id>
<title>${titleOf(post)}</title>
<published>${iso(post.createdAt)}</published>
<updated>${iso(post.updatedAt)}</updated>
<link rel="alternate" type="text/html" href="${xml(`${url}/incidents/${post.id}`)}"/>
<content type="html">${contentOf(post)}</content>
</entry>`,
  );
  const name = xml(page.settings.name);
  return `<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<id>${xml(url)}</id>
<title>${name}</title>
<updated>${iso(posts[0]?.updatedAt ?? page.updatedAt ?? at)}</updated>
<author><name>${name}</name></author>
<link rel="alternate" type="text/html" href="${xml(url)}"/>
<link rel="self" type="application/atom+xml" href="${xml(`${url}/history.atom`)}"/>
${entries.join("\n")}
</feed>
`;
}

/** The page's announcements as RSS 2.0. */
export function rssFeed({ page, posts }: StatusWorld, url: string): string {
  const rfc822 = (instant: number) => new Date(instant).toUTCString();
  const items = posts.slice(0, MAX_ENTRIES).map(
    (post) => `<item>
<title>${titleOf(post)}</title>
<link>${xml(`${url}/incidents/${post.id}`)}</link>
<guid isPermaLink="false">${post.id}</guid>
<pubDate>${rfc822(post.updatedAt)}</pubDate>
<description>${contentOf(post)}</description>
</item>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
<title>${xml(page.settings.name)}</title>
<link>${xml(url)}</link>
<atom:link rel="self" type="application/rss+xml" href="${xml(`${url}/history.rss`)}"/>
<description>${xml(`What ${page.settings.name} announces`)}</description>
${items.join("\n")}
</channel>
</rss>
`;
}
