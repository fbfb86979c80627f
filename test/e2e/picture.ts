// `npm run picture`: makes the README's picture from the running product. It takes six minutes, because
// the graph is to show how calm it was before.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launchBrowser } from "../chromium.ts";
import { signIn } from "./sign-in.ts";
import { startPlatform, switchFault, writeSetup } from "./platform.ts";
import { startReceiver } from "./receiver.ts";

const CALM_MS = 6 * 60_000;
const BURNING_MS = 40_000;

const picture = fileURLToPath(new URL("../../docs/images/incident.png", import.meta.url));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const folder = await mkdtemp(join(tmpdir(), "seaworthy-picture-"));
const receiver = await startReceiver();
const setup = await writeSetup(folder, receiver.url);
const platform = await startPlatform(setup, "server");
const browser = await launchBrowser();
try {
  await pause(CALM_MS);
  await switchFault(setup.shopPort, "errors", true);
  await receiver.waitFor("the page", ({ path }) => path === "/webhook");
  const page = await browser.newPage({
    viewport: { width: 1440, height: 900 },
    deviceScaleFactor: 1.5,
  });
  await signIn(page, platform.url);
  await page.locator("a[href='/incidents/1']").first().click();
  await page.locator(".uplot canvas").first().waitFor();
  await page.getByRole("button", { name: "Acknowledge" }).first().click();
  await pause(BURNING_MS);
  await page.screenshot({ path: picture });
} finally {
  await browser.close();
  await platform.end("SIGTERM");
  await receiver.close();
  await rm(folder, { recursive: true, force: true });
}
