import { z } from "zod";
import type { ChangeDraft } from "../../model/index.ts";
import { read, safeUrl, words } from "./news.ts";

const repository = z.object({ name: words(200), full_name: words(300) });
const sender = z.object({ login: words(100) }).nullish();

/** "Webhook events and payloads" of GitHub's documentation. */
const deploymentStatus = z.object({
  repository,
  sender,
  deployment_status: z.object({
    id: z.number(),
    state: words(50),
    environment: words(100).nullish(),
    target_url: z.string().nullish(),
    created_at: z.iso.datetime({ offset: true }).nullish(),
  }),
  deployment: z.object({
    id: z.number(),
    ref: words(200).default(""),
    sha: words(64).default(""),
    description: words(200).nullish(),
  }),
});
const release = z.object({
  action: words(50),
  repository,
  sender,
  release: z.object({
    id: z.number(),
    tag_name: words(200),
    name: words(250).nullish(),
    html_url: z.string().nullish(),
    published_at: z.iso.datetime({ offset: true }).nullish(),
  }),
});

/** A change that GitHub tells of, and who made it. */
export interface GitHubChange {
  readonly actor: string;
  readonly draft: ChangeDraft;
}

/** What a webhook of GitHub tells of: deployments that are through and releases; undefined otherwise. */
export function gitHubChange(event: string, body: unknown): GitHubChange | undefined {
  if (event === "deployment_status") {
    const given = read("GitHub", deploymentStatus, body);
    const { deployment_status: status, deployment } = given;
    if (status.state !== "success") return undefined;
    return {
      actor: `github:${given.sender?.login ?? "somebody"}`,
      draft: {
        kind: "deploy",
        title: deployment.description || `${given.repository.full_name} ${deployment.ref}`.trim(),
        service: given.repository.name,
        environment: status.environment ?? null,
        version: deployment.sha === "" ? null : deployment.sha.slice(0, 12),
        url: safeUrl(status.target_url) || null,
        at: status.created_at == null ? null : Date.parse(status.created_at),
        key: `github deployment ${deployment.id} ${status.id}`,
      },
    };
  }
  if (event !== "release") return undefined;
  const given = read("GitHub", release, body);
  if (given.action !== "published") return undefined;
  const { tag_name: version, name, html_url: url, published_at: at, id } = given.release;
  return {
    actor: `github:${given.sender?.login ?? "somebody"}`,
    draft: {
      kind: "release",
      title: name || version,
      service: given.repository.name,
      environment: null,
      version,
      url: safeUrl(url) || null,
      at: at == null ? null : Date.parse(at),
      key: `github release ${id}`,
    },
  };
}
