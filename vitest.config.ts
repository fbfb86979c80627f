import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// Tests run from source: the condition below makes workspace packages resolve to src/, so that no
// test can pass against a stale build.
export default defineConfig({
  resolve: { conditions: ["@seaworthy/source"] },
  ssr: {
    resolve: { conditions: ["@seaworthy/source"], externalConditions: ["@seaworthy/source"] },
  },
  test: {
    include: [
      "packages/*/src/**/*.test.{ts,tsx}",
      "packages/*/test/**/*.test.ts",
      "examples/*/src/**/*.test.ts",
      "test/**/*.test.ts",
    ],
    globalSetup: ["test/global-setup.ts"],
    pool: "forks",
    // Vitest leaves a core free, which on two cores is half of them.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What is polled for comes when it comes: two busy cores can take much longer than a second.
    expect: { poll: { timeout: 30_000 } },
  },
});
