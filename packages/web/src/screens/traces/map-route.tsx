export { ServiceMapPage as Component } from "./ServiceMapPage.tsx";
