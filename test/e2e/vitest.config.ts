import { defineConfig } from "vitest/config";
import { longestFirst } from "../longest-first.ts";

// Whole systems in real browsers. They wait more than they compute, so that two fit on two cores.
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/e2e/**/*.e2e.ts"],
    pool: "forks",
    maxWorkers: 2,
    sequence: {
      sequencer: longestFirst([
        "killed.e2e.ts",
        "fault-to-page.e2e.ts",
        "bad-input.e2e.ts",
        "incident-life.e2e.ts",
        "remote-write.e2e.ts",
      ]),
    },
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
