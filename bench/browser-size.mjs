// What the browser's kit adds to a page: bytes as gzip sends them, of what a page loads first and of
// what comes later, beside Sentry's SDK set up by hand with the same parts.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const json = process.argv.includes("--json");
const root = fileURLToPath(new URL("../packages/browser", import.meta.url));
const dsn = "https://key@seaworthy.example.com/1";
const pages = {
  kit: `import { seaworthy } from "@seaworthy/browser"; seaworthy({ dsn: "${dsn}" });`,
  "kit, with the React boundary": `import { seaworthy } from "@seaworthy/browser"; import { ErrorBoundary } from "@seaworthy/browser/react"; seaworthy({ dsn: "${dsn}" }); globalThis.keep = ErrorBoundary;`,
  peer: `import * as Sentry from "@sentry/browser"; Sentry.init({ dsn: "${dsn}", tracesSampleRate: 0.1, replaysOnErrorSampleRate: 1, integrations: [Sentry.browserTracingIntegration(), Sentry.replayIntegration()] });`,
};

/** Bundles a page of one line, and returns the bytes of its first chunk and of the others by name. */
async function sizes(source) {
  // Below the package, so that its dependencies are found.
  const folder = mkdtempSync(join(root, ".size-"));
  try {
    writeFileSync(join(folder, "page.js"), source);
    const built = await build({
      root: folder,
      configFile: false,
      logLevel: "error",
      build: {
        write: false,
        target: "es2022",
        modulePreload: false,
        rolldownOptions: { input: join(folder, "page.js"), external: ["react"] },
      },
    });
    const chunks = [built].flat().flatMap(({ output }) => output);
    const first = chunks.find((chunk) => chunk.isEntry);
    const now = new Set([first.fileName]);
    // What is imported statically is loaded with the first.
    for (const name of now)
      for (const each of chunks.find((chunk) => chunk.fileName === name)?.imports ?? [])
        now.add(each);
    const bytes = (some) => some.reduce((sum, chunk) => sum + gzipSync(chunk.code).length, 0);
    const later = chunks.filter((chunk) => chunk.type === "chunk" && !now.has(chunk.fileName));
    return {
      first: bytes(chunks.filter((chunk) => now.has(chunk.fileName))),
      later: later.map((chunk) => [chunk.name, bytes([chunk])]),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const peer = await sizes(pages.peer);
for (const name of ["kit", "kit, with the React boundary"]) {
  const ours = await sizes(pages[name]);
  const later = ours.later.map(([chunk, bytes]) => `${chunk} ${(bytes / 1024).toFixed(1)} KiB`);
  const result = {
    bench: "browser-size",
    case: `${name}: loaded with the page (later: ${later.join(", ")})`,
    unit: "KiB gzip",
    ours: Number((ours.first / 1024).toFixed(1)),
    peer: Number((peer.first / 1024).toFixed(1)),
    peerName: "Sentry's SDK with tracing and replay",
    limit: 0,
    ratio: Number((ours.first / peer.first).toFixed(3)),
  };
  console.log(
    json
      ? JSON.stringify(result)
      : `${result.case}: ${result.ours} KiB, ${result.peerName}: ${result.peer} KiB`,
  );
}
