export { Explore as Component } from "./Explore.tsx";
