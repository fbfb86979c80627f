import type { TokenScope } from "@seaworthy/contract";

/** What each scope opens, in words. */
export const scopeMeanings: Readonly<Record<TokenScope, string>> = {
  ingest: "Ingest: send telemetry and alerts, read nothing",
  read: "Read: see everything, change nothing",
  write: "Write: read, and work on incidents",
  admin: "Admin: everything, tokens included",
};

export const scopes: readonly TokenScope[] = ["ingest", "read", "write", "admin"];
