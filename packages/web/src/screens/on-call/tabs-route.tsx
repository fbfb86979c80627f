export { OnCallTabs as Component } from "./OnCallTabs.tsx";
