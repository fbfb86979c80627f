export { NewRulePage as Component } from "./RulePage.tsx";
