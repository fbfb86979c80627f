import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";
import { longestFirst } from "./test/longest-first.ts";

const include = [
  "packages/*/src/**/*.test.{ts,tsx}",
  "packages/*/test/**/*.test.ts",
  "examples/*/src/**/*.test.ts",
  "test/**/*.test.ts",
];

/**
 * Files whose tests change nothing that is global (no clock, environment, module or dispatcher is replaced) and
 * close what they open. They share workers, so that a worker reads the server's 800 modules once: half of the
 * processor time of most of these files. What a helper does around tests it does in a function that each file
 * calls: a helper's module is evaluated once for many files.
 */
const sharing = [
  "packages/{promql,logql,template,web}/src/**/*.test.{ts,tsx}",
  "packages/server/{src,test}/**/*.test.ts",
];

/** Seconds each: the others fit beside them. */
const longest = [
  "web/test/accessibility.test.ts",
  "web/test/flows.test.ts",
  "journeys/alertmanager-side-by-side.test.ts",
  "browser/test/browser.test.ts",
  "shop/src/main.test.ts",
  "sdk/test/edge-runtimes.test.ts",
  "server/test/default-rules.test.ts",
  "route/killed.test.ts",
  "clickhouse/killed-writers.test.ts",
  "respond/killed.test.ts",
  "paging/killed.test.ts",
  "route/killed-servers.test.ts",
  "clickhouse/durability.test.ts",
  "show/access.test.ts",
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
  // What is waited for comes when it comes: on two cores with another suite beside this one, starting a process
  // alone has taken half a minute. Nothing passes sooner or later by these limits.
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 60_000 } },
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
        test: { name: "sharing", include: sharing, isolate: false, pool: "forks", ...patience },
      },
      {
        ...fromSource,
        test: {
          name: "alone",
          include,
          exclude: [...configDefaults.exclude, ...sharing],
          pool: "forks",
          ...patience,
        },
      },
    ],
  },
});
