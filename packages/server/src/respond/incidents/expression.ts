import type { RuleLanguage } from "../../model/index.ts";

const MAX_EXPRESSION = 10_000;

/**
 * The expression in the link that Prometheus and its kin put on alerts (`/graph?g0.expr=…`), and that
 * our own rules over logs do (`/explore/logs?q=…`); null when there is none.
 */
export function expressionOfGenerator(generatorURL: string): string | null {
  const query = generatorURL.indexOf("?");
  if (query === -1) return null;
  const parameters = new URLSearchParams(generatorURL.slice(query + 1).split("#", 1)[0]);
  const expression =
    languageOfGenerator(generatorURL) === "logql"
      ? parameters.get("q")
      : (parameters.get("g0.expr") ?? parameters.get("expr"));
  return expression === null || expression === "" || expression.length > MAX_EXPRESSION
    ? null
    : expression;
}

/** What the expression in such a link is written in. */
export function languageOfGenerator(generatorURL: string): RuleLanguage {
  return generatorURL.split("?", 1)[0]?.endsWith("/explore/logs") === true ? "logql" : "promql";
}
