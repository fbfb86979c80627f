export { OperationsPage as Component } from "./OperationsPage.tsx";
