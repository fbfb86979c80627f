export { StatusTabs as Component } from "./StatusTabs.tsx";
