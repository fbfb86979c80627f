import { escapeHtml } from "../paging/message.ts";
import { slackEscaped } from "../slack-text.ts";
import type { PostState } from "../../model/index.ts";

/** What a subscriber is told, or asked. */
export type NoticeMessage =
  | { readonly kind: "question"; readonly page: string; readonly confirmUrl: string }
  | {
      readonly kind: "update";
      readonly page: string;
      readonly post: {
        readonly id: string;
        readonly kind: "incident" | "maintenance";
        readonly title: string;
        readonly impact: string;
        readonly startsAt: number | null;
        readonly endsAt: number | null;
      };
      readonly update: {
        readonly id: string;
        readonly state: PostState;
        readonly body: string;
        readonly at: number;
      };
      readonly url: string;
      readonly endUrl: string;
    };

/** A state in words: `in_progress` is "In progress". */
export function stateInWords(state: string): string {
  const words = state.replaceAll("_", " ");
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}

const utc = (at: number) => `${new Date(at).toISOString().replace("T", " ").slice(0, 16)} UTC`;

/** A mail's subject, text and HTML. */
export function mailOf(message: NoticeMessage): {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
} {
  const html = (title: string, body: string) =>
    `<!doctype html><html lang="en"><body style="font-family:system-ui,sans-serif;color:#1c1c1e;max-width:560px">
<h1 style="font-size:20px">${escapeHtml(title)}</h1>
${body}
</body></html>`;
  const link = (url: string, words: string) =>
    `<a href="${escapeHtml(url)}">${escapeHtml(words)}</a>`;
  if (message.kind === "question") {
    const subject = `Confirm that ${message.page} may write to you`;
    const why = `Somebody, we hope you, asked ${message.page} to send its updates to this address.`;
    const not = "If it was not you, do nothing: no other message will come.";
    return {
      subject,
      text: `${why}\n\nTo get them, open this link within two days: ${message.confirmUrl}\n\n${not}\n`,
      html: html(
        subject,
        `<p>${escapeHtml(why)}</p><p>${link(message.confirmUrl, "Yes, send them to me")} (within two days)</p><p style="color:#555;font-size:13px">${not}</p>`,
      ),
    };
  }
  const { post, update, page, url, endUrl } = message;
  const state = stateInWords(update.state);
  const subject = `[${page}] ${state}: ${post.title}`;
  const when =
    post.startsAt === null || post.endsAt === null
      ? ""
      : `Planned for ${utc(post.startsAt)} to ${utc(post.endsAt)}.\n\n`;
  return {
    subject,
    text: `${state}, ${utc(update.at)}\n\n${update.body}\n\n${when}${url}\n\nTo get no more of these: ${endUrl}\n`,
    html: html(
      post.title,
      `<p><strong>${escapeHtml(state)}</strong>, ${utc(update.at)}</p><p style="white-space:pre-line">${escapeHtml(update.body)}</p>${when === "" ? "" : `<p>${when.trim()}</p>`}<p>${link(url, "See the status page")}</p><p style="color:#555;font-size:13px">${link(endUrl, "Get no more of these")}</p>`,
    ),
  };
}

/** The text for Slack. */
export function slackOf(message: NoticeMessage): string {
  if (message.kind === "question") {
    return `${slackEscaped(message.page)} was asked to send its updates here. <${message.confirmUrl}|Confirm> within two days, or do nothing.`;
  }
  const { post, update, page, url, endUrl } = message;
  return `*${slackEscaped(`[${page}] ${stateInWords(update.state)}: ${post.title}`)}*\n${slackEscaped(update.body)}\n<${url}|See the status page> · <${endUrl}|Get no more of these>`;
}

/** The document for a webhook. */
export function webhookOf(message: NoticeMessage): unknown {
  if (message.kind === "question") {
    return { type: "confirm_subscription", page: message.page, confirm_url: message.confirmUrl };
  }
  const { post, update, page, url, endUrl } = message;
  const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  return {
    type: post.kind,
    page,
    url,
    unsubscribe_url: endUrl,
    [post.kind]: {
      id: post.id,
      name: post.title,
      impact: post.impact,
      status: update.state,
      scheduled_for: iso(post.startsAt),
      scheduled_until: iso(post.endsAt),
      update: {
        id: update.id,
        status: update.state,
        body: update.body,
        created_at: iso(update.at),
      },
    },
  };
}
