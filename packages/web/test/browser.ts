import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import type { Page } from "playwright-core";

const web = fileURLToPath(new URL("..", import.meta.url));
const vite = fileURLToPath(new URL("../../../node_modules/.bin/vite", import.meta.url));

/** The interface, built for production into a folder of its own. */
export interface Build {
  readonly folder: string;
  remove(): Promise<void>;
}

/**
 * Builds the interface from source; a first load beyond its budget fails here. `npm test` has built it
 * a moment ago, and says so by SEAWORTHY_WEB_BUILT.
 */
export async function buildInterface(): Promise<Build> {
  const built = process.env["SEAWORTHY_WEB_BUILT"];
  if (built !== undefined) return { folder: built, remove: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), "seaworthy-web-"));
  execFileSync(vite, ["build", "--outDir", folder, "--emptyOutDir", "--logLevel", "error"], {
    cwd: web,
    // The test runner's own environment would make it a development build.
    env: { ...process.env, NODE_ENV: "production" },
  });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Waits until the screen shows its content and not its skeleton. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      document.querySelector("main") !== null &&
      document.querySelector(
        "main [aria-busy=true], main[aria-busy=true], .mantine-Skeleton-root",
      ) === null,
  );
  // The theme and the fonts are on the page with the next frames.
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        void document.fonts.ready.then(() =>
          requestAnimationFrame(() => requestAnimationFrame(resolve)),
        );
      }),
  );
}

/**
 * Goes to another address of the interface that is open, as its links do: the page is not loaded again.
 * Resolves when the new screen shows its content.
 */
export async function visit(page: Page, address: string): Promise<void> {
  const before = await page.evaluate((to) => {
    const last = document.querySelector<HTMLElement>("main")?.dataset["visit"];
    history.pushState({ key: crypto.randomUUID(), usr: null, idx: history.length }, "", to);
    dispatchEvent(new PopStateEvent("popstate", { state: history.state }));
    return last;
  }, address);
  // Its code is loaded first, and until then the screen before it stands there as if nothing had happened.
  await page.waitForFunction((last) => {
    const now = document.querySelector<HTMLElement>("main")?.dataset["visit"];
    return now !== undefined && now !== last;
  }, before);
  await settled(page);
}

/** Waits until the page shows what its address says: the address changes first, and what is clicked until then knows the one before. */
export async function addressShown(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const { key } = (history.state ?? { key: "default" }) as { readonly key?: string };
    return document.querySelector<HTMLElement>("main")?.dataset["visit"] === key;
  });
}

/** Rows that the browser leaves out while they are out of sight keep the colours they had: shows them too. */
export async function everythingInSight(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const element of document.querySelectorAll<HTMLElement>("main *"))
      if (getComputedStyle(element).contentVisibility === "auto")
        element.style.contentVisibility = "visible";
  });
}

/** The rules whose verdict another colour scheme can change. */
const colourRules = ["color-contrast", "link-in-text-block"];

/**
 * What axe finds wrong with the page or a part of it, one line each; nothing is the only good answer.
 * `only: "colours"` asks just what depends on the colour scheme.
 */
export async function accessibilityFaults(
  page: Page,
  { within = "html", only = "all" }: { within?: string; only?: "all" | "colours" } = {},
): Promise<string[]> {
  // Evaluated, not added as a script: the page's policy forbids those. Once for as long as the page lives.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const runOnly =
    only === "colours"
      ? { type: "rule" as const, values: colourRules }
      : {
          type: "tag" as const,
          values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        };
  const { violations } = await page.evaluate(
    ([selector, runOnly]) =>
      (window as unknown as { axe: typeof axe }).axe.run(selector, {
        resultTypes: ["violations"],
        runOnly,
      }),
    [within, runOnly] as const,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ""}`),
  );
}
