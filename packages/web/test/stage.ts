import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { launchBrowser } from "../../../test/chromium.ts";
import { buildInterface, settled, type Build } from "./browser.ts";
import { startFixture, type Fixture } from "./fixture/server.ts";
import type { WorldName } from "./fixture/worlds.ts";

/** Where flows are played: the interface, a browser, and a fixture for each test. */
export interface Stage {
  /** Opens a screen of a fresh fixture in a fresh browser profile. */
  readonly open: (path: string, world?: WorldName, signedIn?: boolean) => Promise<Page>;
  /** The fixture of the screen that was opened last. */
  readonly fixture: () => Fixture;
}

/** Sets the stage for the tests of a file, and clears it after each of them. */
export function stage(): Stage {
  let build: Build;
  let browser: Browser;
  let fixture: Fixture;
  let context: BrowserContext;

  beforeAll(async () => {
    [build, browser] = await Promise.all([buildInterface(), launchBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await build?.remove();
  });
  afterEach(async () => {
    await context?.close();
    await fixture?.close();
  });

  return {
    async open(path, world = "burning", signedIn = true) {
      fixture = await startFixture({ world, files: build.folder, signedIn });
      context = await browser.newContext({
        viewport: { width: 1440, height: 900 },
        timezoneId: "UTC",
        reducedMotion: "reduce",
      });
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      await page.goto(fixture.url + path);
      await settled(page);
      return page;
    },
    fixture: () => fixture,
  };
}
