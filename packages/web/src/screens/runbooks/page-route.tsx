export { RunbookPage as Component } from "./RunbookPage.tsx";
