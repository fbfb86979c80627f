import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../../../test/chromium.ts";
import {
  accessibilityFaults,
  buildInterface,
  everythingInSight,
  settled,
  visit,
  type Build,
} from "./browser.ts";
import { startFixture } from "./fixture/server.ts";
import type { WorldName } from "./fixture/worlds.ts";
import { screens } from "./screens.ts";

let build: Build;
let browser: Browser;

beforeAll(async () => {
  [build, browser] = await Promise.all([buildInterface(), launchBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await build?.remove();
});

const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;

/** Screens that look the same whatever happens need to be seen once only. */
const steady =
  /^(explore-.*|cardinality-label|account|missing|alert|alert-page|routing|rule|rule-logs|rule-new|rules-unused|trace|schedule|schedule-new|policy|people|handover|runbook|post-mortem)$/;

/** Screens of which a quiet world shows nothing that a burning one does not. */
const burningOrEmpty =
  /^(noise|cardinality|receivers|on-call-load|runbooks|post-mortems|incident-figures|escalation|ways|trace-operations|service-map|slow-traces)$/;

type Theme = "light" | "dark";
type Look = readonly [
  world: WorldName,
  size: keyof typeof sizes,
  themes: readonly [Theme, ...Theme[]],
];

/** Each world, size and theme is among them, and most pairs of them. */
const usual: readonly Look[] = [
  ["burning", "wide", ["light"]],
  ["burning", "phone", ["dark"]],
  ["quiet", "phone", ["light"]],
  ["empty", "wide", ["dark"]],
];
/** `AXE=all npx vitest run packages/web/test/accessibility`: takes three times as long. */
const all = (["burning", "quiet", "empty"] as const).flatMap((world) =>
  (["wide", "phone"] as const).map((size): Look => [world, size, ["light", "dark"]]),
);

describe("axe finds nothing when all is", () => {
  it.each(process.env["AXE"] === "all" ? all : usual)(
    "%s: %s, %j",
    { timeout: 600_000 },
    async (world, size, [first, ...others]) => {
      const fixture = await startFixture({ world, files: build.folder });
      const context = await browser.newContext({
        viewport: sizes[size],
        reducedMotion: "reduce",
      });
      const page = await context.newPage();
      const faults: Record<string, string[]> = {};
      const broken: string[] = [];
      page.on("console", (message) => {
        if (/Content Security Policy|Uncaught|Minified React/.test(message.text()))
          broken.push(message.text());
      });
      page.on("pageerror", (error) => broken.push(error.message));
      page.setDefaultTimeout(60_000);
      try {
        await page.emulateMedia({ colorScheme: first });
        await page.goto(`${fixture.url}/another-missing-page`);
        await settled(page);
        for (const [name, path] of Object.entries(screens)) {
          if (world !== "burning" && steady.test(name)) continue;
          if (world === "quiet" && burningOrEmpty.test(name)) continue;
          if (others.length > 0) await page.emulateMedia({ colorScheme: first });
          await visit(page, path);
          const found = await accessibilityFaults(page);
          const overflow = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          if (overflow > 0) found.push(`${overflow} px too wide`);
          for (const colorScheme of others) {
            await page.emulateMedia({ colorScheme });
            await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
            await everythingInSight(page);
            await settled(page);
            found.push(...(await accessibilityFaults(page, { only: "colours" })));
          }
          if (found.length > 0) faults[name] = found;
        }
        expect(faults).toEqual({});
        expect(broken).toEqual([]);
      } finally {
        await context.close();
        await fixture.close();
      }
    },
  );
});

describe("axe finds nothing", () => {
  it.each(["light", "dark"] as const)(
    "at the sign-in and in what opens, %s",
    { timeout: 300_000 },
    async (colorScheme) => {
      const fixture = await startFixture({
        world: "burning",
        files: build.folder,
        signedIn: false,
      });
      const context = await browser.newContext({ colorScheme, reducedMotion: "reduce" });
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      const faults: Record<string, string[]> = {};
      const check = async (name: string, within?: string) => {
        const found = await accessibilityFaults(page, within === undefined ? {} : { within });
        if (found.length > 0) faults[name] = found;
      };
      try {
        await page.goto(fixture.url);
        await page.getByRole("heading", { name: "Sign in" }).waitFor();
        await check("sign-in");
        await page.goto(`${fixture.url}/sign-in#token=good`);
        await page.getByRole("heading", { name: "Choose a password" }).waitFor();
        await check("choose a password");
        await page.getByRole("button", { name: "Skip for now" }).click();
        await page.getByRole("heading", { name: /1 incident/ }).waitFor();

        await page.keyboard.press("Control+k");
        await page.getByRole("option").first().waitFor();
        await check("command palette");
        await page.keyboard.press("Escape");

        await page.goto(`${fixture.url}/explore/metrics?q=up`);
        await page.getByRole("button", { name: /^Time range/ }).click();
        await page.getByRole("button", { name: "Show this range" }).waitFor();
        // What lies under it is covered, and would be called too small.
        await check("time range", ".mantine-Popover-dropdown");
        await page.keyboard.press("Escape");

        await page.goto(`${fixture.url}/settings/tokens`);
        await page.getByRole("button", { name: "Create a token" }).click();
        await page.getByRole("dialog").waitFor();
        await check("new token");
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });
        await page.getByRole("button", { name: /^Account/ }).click();
        await page.getByRole("menuitem", { name: "Sign out" }).waitFor();
        await check("account menu");
        expect(faults).toEqual({});
      } finally {
        await context.close();
        await fixture.close();
      }
    },
  );
});
