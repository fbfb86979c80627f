import type { RuleLanguage } from "@seaworthy/contract";

/** What expressions are written in, for people. */
export const languageNames: Readonly<Record<RuleLanguage, string>> = {
  promql: "PromQL",
  logql: "LogQL",
};
