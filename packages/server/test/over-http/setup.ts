import { inject, vi } from "vitest";
import type { TelemetryOptions } from "../../src/store/clickhouse/telemetry.ts";
import "./global-setup.ts";
import { databaseFor, tellPrograms } from "./server-of.ts";

// Every store that a test opens in a folder is a database of a ClickHouse server instead, so that the
// tests of the embedded engine are the tests of a server, too.
tellPrograms(inject("clickhouse"));
vi.mock(import("../../src/store/clickhouse/telemetry.ts"), async (original) => {
  const actual = await original();
  return {
    ...actual,
    openTelemetry: (options: TelemetryOptions) =>
      actual.openTelemetry({ ...options, server: databaseFor(options.dir, inject("clickhouse")) }),
  };
});
