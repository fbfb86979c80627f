export { checkRuleFile, testRuleFile } from "./rule-files.ts";
export { previewRule } from "./preview/rule-preview.ts";
export type { RulePreview } from "./preview/rule-preview.ts";
export { runRuleTests } from "./rule-tests/run-rule-tests.ts";
export { loadRuleGroups } from "./rules/load.ts";
export type { LoadedRules, ParseExpression } from "./rules/load.ts";
export type { RuleGroup } from "./rules/rule-group.ts";
export { createRules } from "./rules/rules.ts";
export type { Rules, RulesDeps } from "./rules/rules.ts";
