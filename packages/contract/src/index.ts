export * from "./access.ts";
export * from "./incidents.ts";
export * from "./operation.ts";
export * from "./operations.ts";
export * from "./overview.ts";
export * from "./rule-files.ts";
export * from "./receivers.ts";
export * from "./values.ts";
