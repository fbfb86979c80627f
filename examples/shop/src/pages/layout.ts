import { createHash } from "node:crypto";
import { Html, html } from "../html.ts";
import { style } from "./style.ts";

/** What every page shows around its content. */
export interface Frame {
  readonly title: string;
  readonly cartItems: number;
  readonly user: string | undefined;
  /** Names of the faults that are on. */
  readonly faults: readonly string[];
}

// One piece, because the policy below names the hash of exactly what stands between the tags.
const styleElement = new Html(`<style>${style}</style>`);
const styleHash = createHash("sha256").update(style).digest("base64");

/** Nothing but the page's own style and the shop's own forms. */
export const contentSecurityPolicy = `default-src 'none'; style-src 'sha256-${styleHash}'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;

const logo = new Html(
  '<svg viewBox="0 0 48 48" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"><path d="M24 4v26M24 7l14 20H24M20 13L10 27h10M6 34c6-5 12 5 18 0s12 5 18 0M10 42c5-4 9 4 14 0s9 4 14 0"/></svg>',
);

const favicon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 48 48'%3E%3Cpath d='M24 4v26M24 7l14 20H24M20 13L10 27h10M6 36c6-5 12 5 18 0s12 5 18 0' fill='none' stroke='%230b5c6b' stroke-width='4'/%3E%3C/svg%3E";

/** A whole page. */
export function page(frame: Frame, content: Html): string {
  const account =
    frame.user === undefined
      ? html`<a href="/sign-in">Sign in</a>`
      : html`<form method="post" action="/sign-out"><button>Sign out</button></form>`;
  const notice =
    frame.faults.length === 0
      ? undefined
      : html`<p class="notice bad">
          Switched on: ${frame.faults.join(", ")}. <a href="/faults">Faults</a>
        </p>`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${frame.title} · Harbour Goods</title>
        <link rel="icon" href="${favicon}" />
        ${styleElement}
      </head>
      <body>
        <a class="skip" href="#content">Skip to content</a>
        <header>
          <div class="wrap">
            <a class="brand" href="/" aria-label="Harbour Goods"
              >${logo}<span>Harbour Goods</span></a
            >
            <nav aria-label="Shop">
              <a href="/faults">Faults</a><a href="/">Catalogue</a
              ><a href="/cart">Cart <span class="count">${frame.cartItems}</span></a
              >${account}
            </nav>
          </div>
        </header>
        <main class="wrap" id="content">${notice}${content}</main>
        <footer>
          <div class="wrap">
            <span>A demo shop, instrumented with <code>@seaworthy/sdk</code>.</span
            ><a href="/faults">Break something</a>
          </div>
        </footer>
      </body>
    </html>`.text;
}
