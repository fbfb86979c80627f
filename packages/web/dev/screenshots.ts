import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { launchBrowser, settled } from "../test/browser.ts";
import { startFixture } from "../test/fixture/server.ts";
import type { WorldName } from "../test/fixture/worlds.ts";
import { screens } from "../test/screens.ts";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const folder = process.env["SCREENSHOTS"] ?? "/tmp/seaworthy-screenshots";
const only = new RegExp(process.env["ONLY"] ?? ".");

const worlds: readonly WorldName[] = ["burning", "quiet", "empty"];
const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;

await mkdir(folder, { recursive: true });
const browser = await launchBrowser();
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
          await page.evaluate(() => document.fonts.ready);
          await page.screenshot({ path: `${folder}/${file}.png`, fullPage: size === "phone" });
        }
        await context.close();
      }
    await fixture.close();
  }
} finally {
  await browser.close();
}
