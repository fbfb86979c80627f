import { isMap, isNode, isPair, isScalar, parseDocument, visit } from "yaml";

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

/**
 * The text of a prometheus.yml or alertmanager.yml with every secret replaced, and nothing else: what
 * is cut out is found by the parser's offsets, because not all that parses can be written again.
 */
export function maskSecrets(text: string): string {
  const cuts: { readonly start: number; readonly end: number; readonly masked: string }[] = [];
  const cut = (node: unknown, masked: string) => {
    if (!isNode(node) || !node.range) return;
    const [start, end] = node.range;
    // The end of a block takes the line's end with it.
    cuts.push({
      start,
      end,
      masked: text.slice(start, end).endsWith("\n") ? `${masked}\n` : masked,
    });
  };
  visit(parseDocument(text, { merge: true }), {
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
        if (masked !== undefined) cut(pair.value, masked);
      } else if (isMap(pair.value) || name === "secrets") cut(pair.value, MASKED);
      return visit.SKIP;
    },
  });
  return cuts
    .sort((a, b) => b.start - a.start)
    .reduce(
      (rest, { start, end, masked }) => rest.slice(0, start) + masked + rest.slice(end),
      text,
    );
}

function maskValue(name: string, value: unknown): string | undefined {
  if (value === null || value === "") return undefined;
  // Older tools that read this want a URL for a webhook; its host may be known.
  const url =
    name === "url" && typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  return url === undefined ? MASKED : `${url.protocol}//${url.host}/${MASKED}`;
}
