import { createHash } from "node:crypto";
import type { FastifyPluginAsync } from "fastify";
import { markdownToHtml, parseMarkdown } from "../model/index.ts";
import { escapeHtml } from "../respond/index.ts";
import type { PostMortems } from "../respond/index.ts";
import { ShowError } from "./errors.ts";

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 44rem; padding: 2rem 1.25rem; overflow-wrap: anywhere; }
h1, h2, h3 { line-height: 1.3; } pre { overflow-x: auto; } footer { opacity: .7; margin-top: 3rem; }
`;
const POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; frame-ancestors 'none'`;

/** Post-mortems that were made public, for everybody and without JavaScript. */
export function publicPostMortemRoutes({
  postMortems,
}: {
  readonly postMortems: Pick<PostMortems, "published">;
}): FastifyPluginAsync {
  return async (app) => {
    app.get<{ Params: { number: string } }>(
      "/public/post-mortems/:number(^[1-9]\\d{0,8}$)",
      { config: { access: "public" } },
      async ({ params }, reply) => {
        const found = await postMortems.published(Number(params.number));
        if (found === undefined) {
          throw new ShowError("not_found", 404, "There is no public post-mortem of this number.");
        }
        const at = found.publishedAt.toISOString();
        return reply
          .type("text/html; charset=utf-8")
          .header("content-security-policy", POLICY)
          .header("cache-control", "public, max-age=60")
          .send(
            `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Post-mortem of #${params.number}</title><style>${STYLE}</style></head><body>${markdownToHtml(parseMarkdown(found.markdown))}<footer>Published <time datetime="${at}">${escapeHtml(at.slice(0, 10))}</time></footer></body></html>`,
          );
      },
    );
  };
}
