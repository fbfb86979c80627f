import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";
import { longestFirst } from "./test/longest-first.ts";

const include = [
  "packages/*/src/**/*.test.{ts,tsx}",
  "packages/*/test/**/*.test.ts",
  "examples/*/src/**/*.test.ts",
  "test/**/*.test.ts",
];

/** Tests of functions alone: no process, no port, no file, nothing global. They may share a worker. */
const pure = [
  "packages/{promql,logql,template,web}/src/**/*.test.{ts,tsx}",
  "packages/server/src/model/**/*.test.ts",
];

/** Seconds each: the others fit beside them. */
const longest = [
  "web/test/accessibility.test.ts",
  "web/test/flows.test.ts",
  "journeys/alertmanager-side-by-side.test.ts",
  "server/test/default-rules.test.ts",
  "route/killed.test.ts",
  "clickhouse/killed-writers.test.ts",
  "browser/test/browser.test.ts",
  "show/access.test.ts",
  "clickhouse/durability.test.ts",
  "shop/src/main.test.ts",
  "paging/killed.test.ts",
  "sdk/test/edge-runtimes.test.ts",
];

// Tests run from source: the condition below makes workspace packages resolve to src/, so that no
// test can pass against a stale build.
const fromSource = {
  resolve: { conditions: ["@seaworthy/source"] },
  ssr: {
    resolve: { conditions: ["@seaworthy/source"], externalConditions: ["@seaworthy/source"] },
  },
};

const patience = {
  testTimeout: 30_000,
  hookTimeout: 60_000,
  // What is polled for comes when it comes: two busy cores can take much longer than a second.
  expect: { poll: { timeout: 30_000 } },
};

export default defineConfig({
  ...fromSource,
  test: {
    globalSetup: ["test/global-setup.ts"],
    pool: "forks",
    // Many files wait for other processes: one file more than there are cores keeps two cores busy.
    maxWorkers: Math.max(3, availableParallelism()),
    sequence: { sequencer: longestFirst(longest) },
    ...patience,
    projects: [
      {
        ...fromSource,
        test: { name: "pure", include: pure, isolate: false, pool: "forks", ...patience },
      },
      {
        ...fromSource,
        test: {
          name: "units",
          include,
          exclude: [...configDefaults.exclude, ...pure],
          pool: "forks",
          ...patience,
        },
      },
    ],
  },
});
