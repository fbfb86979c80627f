export { SlowPage as Component } from "./SlowPage.tsx";
