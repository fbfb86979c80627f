export { RunbookList as Component } from "./RunbookList.tsx";
