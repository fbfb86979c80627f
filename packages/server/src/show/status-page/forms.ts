import { escapeHtml } from "../../respond/index.ts";
import { documentOf } from "./html.ts";
import type { HtmlContext, HtmlPage } from "./html.ts";

/** A page with one message, e.g. what became of a form. */
export function messagePage(context: HtmlContext, title: string, text: string): HtmlPage {
  const home = context.base === "" ? "/" : context.base;
  return documentOf(
    context,
    title,
    `<h2>${escapeHtml(title)}</h2>\n<p role="status">${escapeHtml(text)}</p>\n<p><a href="${home}">To the status page</a></p>`,
  );
}

/** A page that asks for one press: mail programs open links by themselves, and must change nothing. */
export function pressPage(
  context: HtmlContext,
  title: string,
  text: string,
  button: string,
): HtmlPage {
  return documentOf(
    context,
    title,
    `<h2>${escapeHtml(title)}</h2>\n<p>${escapeHtml(text)}</p>\n<form method="post"><button>${escapeHtml(button)}</button></form>`,
  );
}

/** What stands in front of a private page; it tells nothing of what is behind it. */
export function enterPage(
  kind: "password" | "token",
  base: string,
  fault: string | undefined,
): string {
  const ask =
    kind === "token"
      ? "<p>This page is private. Open it by the link that you were given.</p>"
      : `<form method="post" action="${base}/enter"><label for="password">This page is private. Its password:</label>
<input id="password" name="password" type="password" required maxlength="200" autocomplete="current-password">${fault === undefined ? "" : `<p role="alert">${escapeHtml(fault)}</p>`}
<button>Enter</button></form>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>A private status page</title>
</head>
<body>
<main>
<h1>A private status page</h1>
${ask}
</main>
</body>
</html>
`;
}
