import { isMap, isPair, isScalar, parseDocument, visit } from "yaml";

/** What stands in the place of a secret, and what a file that was copied from there may hold. */
export const MASKED = "<secret>";

/** Fields that hold a secret wherever they stand. */
const SECRET =
  /^(?:.*_)?(?:password|secret|token|token_id|api_key|service_key|routing_key|user_key|secret_key|credentials|webhook_url|slack_api_url|proxy_connect_header|secrets|client_certificate_key|key)$/;
/** Fields that hold a secret only in the integrations named. */
const SECRET_IN: Readonly<Record<string, string>> = {
  webhook_configs: "url",
  slack_configs: "api_url",
  webhook_outputs: "url",
};

/** The text of a prometheus.yml or alertmanager.yml with every secret replaced, comments and order kept. */
export function maskSecrets(text: string): string {
  const document = parseDocument(text, { merge: true });
  visit(document, {
    Pair(_, pair, ancestors) {
      if (!isScalar(pair.key) || pair.value === null) return undefined;
      const name = String(pair.key.value);
      const secretHere = ancestors.some(
        (node) => isPair(node) && isScalar(node.key) && SECRET_IN[String(node.key.value)] === name,
      );
      // victorops' routing key is an address, but PagerDuty's is a secret; both are masked.
      if (!SECRET.test(name) && !secretHere) return undefined;
      if (isScalar(pair.value)) {
        const masked = maskValue(name, pair.value.value);
        if (masked !== undefined) pair.value = document.createNode(masked);
      } else if (isMap(pair.value) || name === "secrets") pair.value = document.createNode(MASKED);
      return visit.SKIP;
    },
  });
  return document.toString();
}

function maskValue(name: string, value: unknown): string | undefined {
  if (value === null || value === "") return undefined;
  // Older tools that read this want a URL for a webhook; its host may be known.
  const url =
    name === "url" && typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  return url === undefined ? MASKED : `${url.protocol}//${url.host}/${MASKED}`;
}
