import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { StatusWorld } from "../../respond/index.ts";
import { badgeSvg } from "./badge.ts";
import { atomFeed, rssFeed } from "./feeds.ts";
import { historyPage, mainPage, postPage } from "./html.ts";
import type { HtmlPage } from "./html.ts";
import { v2Documents } from "./v2.ts";

const compressGzip = promisify(gzip);
const compressBrotli = promisify(brotliCompress);

/** Below this many bytes nothing is won by compression. */
const WORTH_COMPRESSING = 600;

/** Bytes that are ready to be sent, in every form that a browser may take. */
export interface Resource {
  readonly etag: string;
  readonly type: string;
  /** Header fields besides those about the bytes. */
  readonly headers: Readonly<Record<string, string>>;
  readonly plain: Buffer;
  readonly gzip: Buffer | undefined;
  readonly brotli: Buffer | undefined;
}

/** Everything that the page can answer, by path from its root. */
export type Resources = ReadonlyMap<string, Resource>;

/** Pictures and documents may be used by other sites' pages. */
const FOR_ANYBODY = {
  "access-control-allow-origin": "*",
  "cross-origin-resource-policy": "cross-origin",
};

/**
 * Makes all of the page's documents once, so that asking for one costs a look-up. `before` is what was
 * made last: bytes that are the same are not compressed again.
 */
export async function renderResources(
  world: StatusWorld,
  options: {
    /** `/status`, or nothing on a host name of its own. */
    readonly base: string;
    /** Where the page is for those outside, without a slash at the end. */
    readonly url: string;
    readonly hasMail: boolean;
  },
  before: Resources,
): Promise<Resources> {
  const { base, url, hasMail } = options;
  const made = new Map<string, Resource>();
  const add = async (
    path: string,
    type: string,
    body: string | Buffer,
    headers: Readonly<Record<string, string>>,
  ) => {
    const plain = typeof body === "string" ? Buffer.from(body, "utf8") : body;
    const etag = `"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`;
    const old = before.get(path);
    if (old?.etag === etag) {
      made.set(path, { ...old, headers });
      return;
    }
    const small =
      plain.length < WORTH_COMPRESSING || (type.startsWith("image/") && type !== "image/svg+xml");
    const [zipped, brotli] = small
      ? [undefined, undefined]
      : await Promise.all([
          compressGzip(plain, { level: 6 }),
          compressBrotli(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
        ]);
    made.set(path, { etag, type, headers, plain, gzip: zipped, brotli });
  };
  const addPage = (path: string, { html, policy }: HtmlPage) =>
    add(path, "text/html; charset=utf-8", html, {
      "content-security-policy": policy,
      "cross-origin-opener-policy": "same-origin",
    });

  const context = { world, base, hasMail };
  await addPage("/", mainPage(context));
  await addPage("/history", historyPage(context));
  for (const post of world.posts) await addPage(`/incidents/${post.id}`, postPage(post, context));
  await add(
    "/history.atom",
    "application/atom+xml; charset=utf-8",
    atomFeed(world, url),
    FOR_ANYBODY,
  );
  await add("/history.rss", "application/rss+xml; charset=utf-8", rssFeed(world, url), FOR_ANYBODY);
  await add("/badge.svg", "image/svg+xml", badgeSvg(world), {
    ...FOR_ANYBODY,
    "content-security-policy": "default-src 'none'; style-src 'none'; sandbox",
  });
  for (const [name, document] of v2Documents(world, url)) {
    await add(`/api/v2/${name}.json`, "application/json", JSON.stringify(document), FOR_ANYBODY);
  }
  const { logo } = world.page;
  if (logo !== null) {
    await add("/logo", logo.type, logo.bytes, {
      "content-security-policy": "default-src 'none'; sandbox",
    });
  }
  return made;
}
