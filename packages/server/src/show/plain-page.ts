import { createHash } from "node:crypto";
import type { FastifyReply } from "fastify";
import { escapeHtml } from "../respond/index.ts";

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 36rem; padding: 2rem 1.25rem; }
h1 { font-size: 1.375rem; line-height: 1.3; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 1.5rem 0; }
dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
button { width: 100%; min-height: 3.25rem; border: 0; border-radius: .5rem; font: inherit;
  font-weight: 600; color: #fff; background: #1d4ed8; cursor: pointer; }
button:focus-visible, a:focus-visible { outline: 3px solid #60a5fa; outline-offset: 2px; }
p.done { font-weight: 600; } a { color: inherit; }
`;
const POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; form-action 'self'; frame-ancestors 'none'`;

/** A page behind a link in a message: no JavaScript, any telephone. `body` is HTML already. */
export function sendPlainPage(
  reply: FastifyReply,
  status: number,
  title: string,
  body: string,
): FastifyReply {
  return reply
    .code(status)
    .type("text/html; charset=utf-8")
    .header("content-security-policy", POLICY).send(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`);
}
