import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { launchBrowser } from "../../../test/chromium.ts";
import { settled } from "../test/browser.ts";
import { startFixture } from "../test/fixture/server.ts";
import type { WorldName } from "../test/fixture/worlds.ts";
import { screens } from "../test/screens.ts";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const folder = process.env["SCREENSHOTS"] ?? "/tmp/seaworthy-screenshots";
const only = new RegExp(process.env["ONLY"] ?? ".");

const worlds: readonly WorldName[] = ["burning", "quiet", "empty"];
const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;

/** What opens over a screen, by name: how to get there. */
const opened: Readonly<Record<string, (page: Page, url: string) => Promise<void>>> = {
  palette: async (page, url) => {
    await page.goto(url);
    await settled(page);
    await page.keyboard.press("Control+k");
    await page.getByRole("option").first().waitFor();
  },
  range: async (page, url) => {
    await page.goto(`${url}/explore/metrics?q=up`);
    await settled(page);
    await page.getByRole("button", { name: /^Time range/ }).click();
    await page.getByRole("button", { name: "Show this range" }).waitFor();
  },
  "new-token": async (page, url) => {
    await page.goto(`${url}/settings/tokens`);
    await page.getByRole("button", { name: "Create a token" }).first().click();
    await page.getByLabel("Name").waitFor();
  },
  account: async (page, url) => {
    await page.goto(`${url}/targets`);
    await settled(page);
    await page.getByRole("button", { name: /^Account/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).waitFor();
  },
  crosshair: async (page, url) => {
    await page.goto(`${url}/explore/metrics?q=many`);
    const box = await page.locator(".u-over").boundingBox();
    if (box !== null) await page.mouse.move(box.x + box.width * 0.7, box.y + 80);
  },
  completion: async (page, url) => {
    await page.goto(`${url}/explore/metrics`);
    await page.getByRole("textbox", { name: "Query A" }).pressSequentially("sum(rate(http_");
    await page.locator(".cm-tooltip-autocomplete").waitFor();
  },
  acknowledged: async (page, url) => {
    await page.goto(`${url}/incidents/42`);
    await page.getByRole("button", { name: /^Acknowledge/ }).click();
    await page.getByText("is on it").first().waitFor();
    await page.getByLabel("Comment").fill("Rolling back.");
  },
  "run-action": async (page, url) => {
    await page.goto(`${url}/incidents/42`);
    await page.getByRole("button", { name: "Roll back…" }).click();
    await page.getByLabel("Type shop to confirm").waitFor();
  },
  "sign-in": async (page, url) => {
    await page.goto(url);
    await settled(page);
    await page.getByRole("button", { name: /^Account/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  },
  "choose-password": async (page, url) => {
    await page.goto(`${url}/sign-in#token=good`);
    await page.getByRole("heading", { name: "Choose a password" }).waitFor();
  },
};

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
        for (const [name, visit] of Object.entries(opened)) {
          const file = `open-${name}-${world}-${size}-${colorScheme}`;
          if (world !== "burning" || !only.test(file)) continue;
          const own = await startFixture({ world, files: dist });
          await visit(page, own.url);
          await page.waitForTimeout(250);
          await page.screenshot({ path: `${folder}/${file}.png` });
          await own.close();
        }
        await context.close();
      }
    await fixture.close();
  }
} finally {
  await browser.close();
}
