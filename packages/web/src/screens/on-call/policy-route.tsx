export { PolicyPage as Component } from "./PolicyPage.tsx";
