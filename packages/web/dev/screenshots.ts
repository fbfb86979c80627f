import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright-core";
import { startFixture } from "../test/fixture/server.ts";
import type { WorldName } from "../test/fixture/worlds.ts";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const folder = process.env["SCREENSHOTS"] ?? "/tmp/seaworthy-screenshots";
const only = new RegExp(process.env["ONLY"] ?? ".");

const screens: Readonly<Record<string, string>> = {
  overview: "/",
  incidents: "/incidents?state=all",
  incident: "/incidents/42",
  alerts: "/alerts",
  alert: "/alerts?open=a1",
  rules: "/alerts/rules",
  notifications: "/alerts/notifications",
  explore: "/explore/metrics?q=sum+by+(status)+(rate(http_requests_total[5m]))",
  "explore-many": "/explore/metrics?q=many&q=up",
  "explore-table": "/explore/metrics?q=up&tab=table",
  "explore-start": "/explore/metrics",
  "explore-error": "/explore/metrics?q=sum(rate(x[5m])",
  targets: "/targets",
  account: "/settings",
  tokens: "/settings/tokens",
  audit: "/settings/audit",
};

const worlds: readonly WorldName[] = ["burning", "quiet", "empty"];
const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;

async function settled(page: Page): Promise<void> {
  await page.waitForLoadState("domcontentloaded");
  await page.waitForFunction(() => document.querySelector("main") !== null);
  await page.waitForFunction(
    () => document.querySelector("main [aria-busy=true], .mantine-Skeleton-root") === null,
  );
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(250);
}

await mkdir(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
try {
  for (const world of worlds) {
    const fixture = await startFixture({ world, files: dist });
    for (const [size, viewport] of Object.entries(sizes))
      for (const colorScheme of ["light", "dark"] as const) {
        const context = await browser.newContext({
          viewport,
          colorScheme,
          reducedMotion: "reduce",
          hasTouch: size === "phone",
        });
        const page = await context.newPage();
        page.on("console", (message) => {
          if (message.type() === "error") console.error(`console: ${message.text()}`);
        });
        page.on("pageerror", (error) => console.error(`page error: ${error.message}`));
        for (const [name, path] of Object.entries(screens)) {
          const file = `${name}-${world}-${size}-${colorScheme}`;
          if (!only.test(file)) continue;
          await page.goto(fixture.url + path);
          await settled(page);
          await page.screenshot({ path: `${folder}/${file}.png`, fullPage: size === "phone" });
        }
        await context.close();
      }
    await fixture.close();
  }
} finally {
  await browser.close();
}
