const MAX_EXPRESSION = 10_000;

/**
 * The PromQL expression in the link that Prometheus and its kin put on alerts (`/graph?g0.expr=…`);
 * null when there is none.
 */
export function expressionOfGenerator(generatorURL: string): string | null {
  const query = generatorURL.indexOf("?");
  if (query === -1) return null;
  const parameters = new URLSearchParams(generatorURL.slice(query + 1).split("#", 1)[0]);
  const expression = parameters.get("g0.expr") ?? parameters.get("expr");
  return expression === null || expression === "" || expression.length > MAX_EXPRESSION
    ? null
    : expression;
}
