import type { Page } from "playwright-core";
import { TOKEN } from "./platform.ts";

/** Signs in with the admin token, as the printed link does, and waits for the overview. */
export async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/sign-in#token=${TOKEN}`);
  const skip = page.getByRole("button", { name: /skip|later|not now/i });
  const overview = page.getByRole("link", { name: "Overview" });
  await skip.or(overview).first().waitFor();
  if (await skip.isVisible()) await skip.click();
  await overview.first().waitFor();
}
