export { Logs as Component } from "./Logs.tsx";
