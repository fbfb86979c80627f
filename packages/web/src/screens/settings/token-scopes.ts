import type { TokenScope } from "@seaworthy/contract";

/** What each scope opens, in words. */
export const scopeMeanings: Readonly<Record<TokenScope, string>> = {
  controls: "Controls: read the emergency controls of one service",
  ingest: "Ingest: send telemetry and alerts, read nothing",
  read: "Read: see everything, change nothing",
  write: "Write: read, and work on incidents",
  admin: "Admin: everything, tokens included",
};

export const scopes: readonly TokenScope[] = ["ingest", "controls", "read", "write", "admin"];
