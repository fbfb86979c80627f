export * from "./data-folder.ts";
export * from "./errors.ts";
export { openRecords } from "./postgres/open.ts";
export type { Db, Records, Tx } from "./postgres/records.ts";
