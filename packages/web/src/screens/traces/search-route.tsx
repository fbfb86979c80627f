export { Traces as Component } from "./Traces.tsx";
