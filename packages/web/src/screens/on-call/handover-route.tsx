export { HandoverPage as Component } from "./HandoverPage.tsx";
