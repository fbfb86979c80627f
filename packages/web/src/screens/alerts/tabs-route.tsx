export { AlertTabs as Component } from "./AlertTabs.tsx";
