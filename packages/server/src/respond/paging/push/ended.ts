import { escapeHtml } from "../message.ts";

/** Whom a push service may write to about what we send: this installation, or who sends its mail. */
export function pushContact(externalURL: string, from: string | undefined): string {
  if (externalURL.startsWith("https:")) return externalURL;
  const address =
    from === undefined ? undefined : (/<([^<>]+)>\s*$/.exec(from)?.[1] ?? from.trim());
  return `mailto:${address ?? `postmaster@${new URL(externalURL).hostname}`}`;
}

/** What a person is told whose browser takes no more pages. */
export function endedMail(
  name: string | null,
  externalURL: string,
): { readonly subject: string; readonly text: string; readonly html: string } {
  const subject = `You are no longer paged by ${name ?? "one of your browsers"}`;
  const why =
    "Its subscription has ended: the page was removed from it, notifications were refused, or the browser was away for long.";
  const where = `${externalURL}/on-call/me`;
  return {
    subject,
    text: `${subject}.\n\n${why} To be paged by it again, open Seaworthy there and add it under On-call, How you are paged:\n${where}\n`,
    html: `<!doctype html><html lang="en"><body><p>${escapeHtml(subject)}.</p><p>${why} To be paged by it again, open <a href="${escapeHtml(where)}">Seaworthy</a> there and add it under On-call, How you are paged.</p></body></html>`,
  };
}
