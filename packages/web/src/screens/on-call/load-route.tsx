export { Load as Component } from "./Load.tsx";
