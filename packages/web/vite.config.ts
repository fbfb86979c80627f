import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { contractWithoutSchemas } from "./build/contract-without-schemas.ts";
import { firstLoadBudget } from "./build/first-load-budget.ts";
import { precompress } from "./build/precompress.ts";

/** Where the server runs while the interface is worked on with `vite`. */
const server = "http://127.0.0.1:4000";

export default defineConfig({
  plugins: [
    react(),
    contractWithoutSchemas(),
    firstLoadBudget({ kilobytes: 250, firstScreen: "screens/overview/route.tsx" }),
    precompress(),
  ],
  resolve: { conditions: ["@seaworthy/source", "module", "browser", "development|production"] },
  build: {
    target: "es2022",
    sourcemap: false,
    cssCodeSplit: true,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: "index.html", "service-worker": "src/worker/service-worker.ts" },
      output: {
        // A service worker is known by its address: it stays the same, and governs what is below it.
        entryFileNames: ({ name }) =>
          name === "service-worker" ? "service-worker.js" : "assets/[name]-[hash].js",
      },
    },
  },
  server: {
    host: "127.0.0.1",
    port: 4001,
    proxy: { "/api": { target: server, changeOrigin: false } },
  },
});
