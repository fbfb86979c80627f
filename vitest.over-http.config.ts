import { mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

// The tests of what reads and writes telemetry, against a ClickHouse server over HTTP: the one that
// SEAWORTHY_TEST_CLICKHOUSE_URL names, or the embedded engine behind ClickHouse's interface. What
// that proves stands in docs/scaling.md. `npm run test:clickhouse`.
const config = mergeConfig(base, {
  test: {
    globalSetup: ["test/global-setup.ts", "packages/server/test/over-http/global-setup.ts"],
    setupFiles: ["packages/server/test/over-http/setup.ts"],
  },
});
// Not merged: these, and no others.
const { projects: _, ...test } = config.test ?? {};
config.test = {
  ...test,
  include: [
    "packages/server/src/store/clickhouse/{telemetry,disk-budget,durability,killed-writers}.test.ts",
    "packages/server/src/store/clickhouse/logs/*.test.ts",
    "packages/server/src/query/**/*.test.ts",
    "packages/server/src/evaluate/rules/rules-on-store.test.ts",
    "packages/server/src/show/prometheus/*.test.ts",
    "packages/server/src/show/loki/*.test.ts",
    "packages/server/test/scrape-to-query.test.ts",
  ],
};
export default config;
