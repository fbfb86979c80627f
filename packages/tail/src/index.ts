/** Follows log files, Docker's JSON logs and the journal; see tail.ts. */
export type { TailInput, TailRecord } from "./record.ts";
export { DeliveryRefused, startTail } from "./tail.ts";
export type { Tail, TailOptions, TailStats } from "./tail.ts";
