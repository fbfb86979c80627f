import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { WebhookSecrets } from "./show/index.ts";

const signer = z
  .strictObject({
    secrets: z.array(z.string().min(8, "is too short to be a secret")).max(5).default([]),
    secrets_file: z.string().min(1).optional(),
  })
  .prefault({});

/** `webhooks` in seaworthy.yml: the secrets by which other systems sign what they send. */
export const webhooksSchema = z.strictObject({ pagerduty: signer, github: signer }).prefault({});

/** The settings; files, with a secret a line, are read anew for each request, so that they can be replaced. */
export function readWebhooks(
  given: z.output<typeof webhooksSchema>,
  beside: (path: string) => string,
): WebhookSecrets {
  const secretsOf =
    ({ secrets, secrets_file: file }: z.output<typeof signer>) =>
    async (): Promise<readonly string[]> => {
      if (file === undefined) return secrets;
      const lines = (await readFile(beside(file), "utf8")).split("\n").map((line) => line.trim());
      return [...secrets, ...lines.filter((line) => line !== "")];
    };
  return { pagerDuty: secretsOf(given.pagerduty), gitHub: secretsOf(given.github) };
}
