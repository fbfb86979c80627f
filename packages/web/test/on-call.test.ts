import { describe, expect, it, vi } from "vitest";
import { stage } from "./stage.ts";

vi.setConfig({ testTimeout: 90_000 });
const { open } = stage();

describe("on call", () => {
  it("a schedule is made with its preview, and says what it lacks until then", async () => {
    const page = await open("/on-call", "empty");
    await page.getByRole("link", { name: "Make a schedule" }).click();
    const save = page.getByRole("button", { name: "Save" });
    await page.getByText('"Primary" needs somebody to take turns.').waitFor();
    expect(await save.isDisabled()).toBe(true);
    await page.getByLabel("Add a person to Primary").selectOption({ label: "Ben Shaw" });
    await page.getByLabel("Add a person to Primary").selectOption({ label: "Ana Brook" });
    await page.getByRole("button", { name: "Move Ana Brook forward" }).click();
    await page.getByRole("list", { name: "On call" }).getByText("Cleo Hart").first().waitFor();
    await page.getByText("Give the schedule a name.").waitFor();
    await page.getByLabel("Name", { exact: true }).fill("Backend");
    const sent = page.waitForRequest(
      (request) => request.method() === "POST" && request.url().endsWith("/api/schedules"),
    );
    await save.click();
    const draft = (await sent).postDataJSON() as { layers: { people: string[] }[] };
    expect(draft).toMatchObject({ name: "Backend", layers: [{ people: ["ana", "ben"] }] });
    await page.getByText("The schedule is saved").waitFor();
    await expect.poll(() => new URL(page.url()).pathname).toBe("/on-call");
  });

  it("a browser that may show nothing is told what to do, and an ended one says so", async () => {
    const page = await open("/on-call/me");
    const ways = page.getByRole("list", { name: "Your ways of being paged" });
    await ways.getByText("It takes no more pages").waitFor();
    await page.getByRole("button", { name: "Add a way" }).click();
    const dialog = page.getByRole("dialog", { name: "Add a way of being paged" });
    await dialog.getByLabel("By", { exact: true }).selectOption("push");
    const name = dialog.getByLabel("Called");
    await expect.poll(() => name.inputValue()).toBe("Chrome on Linux");
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await dialog
      .getByRole("alert")
      .getByText("Notifications of this address are refused")
      .waitFor();
    // What opened a dialog has the focus again after it.
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent), { timeout: 30_000 })
      .toBe("Add a way");
  });

  it("a runbook's steps are ticked off in the incident, with who has done them", async () => {
    const page = await open("/incidents/42");
    const runbook = page.getByRole("region", { name: "Runbook" });
    await runbook.getByText("git revert --no-edit HEAD").waitFor();
    await runbook.getByText("Fill in unit yourself").waitFor();
    await runbook.getByRole("checkbox", { name: "Go back one release." }).click();
    await runbook.getByText("1 of 4 steps done").waitFor();
    await runbook.getByText(/^admin/).waitFor();
    await page.getByRole("listitem").getByText("Done: a step", { exact: true }).waitFor();
    await runbook.getByRole("checkbox", { name: "Go back one release." }).click();
    await runbook.getByText("0 of 4 steps done").waitFor();
  });

  it("a runbook's action is confirmed as it will run, and its outcome is shown", async () => {
    const page = await open("/incidents/42");
    const action = page.getByRole("region", { name: "Roll back" });
    await action.getByText("shop: release 41 is gone").waitFor();
    await action.getByRole("button", { name: "Roll back…" }).click();
    const dialog = page.getByRole("dialog", { name: "Roll back" });
    const words = dialog.getByRole("list", { name: "Command and arguments" });
    await words.waitFor();
    expect(await words.getByRole("listitem").allTextContents()).toEqual([
      "/opt/deploy/roll-back",
      "--to",
      "previous",
      "shop",
    ]);
    const run = dialog.getByRole("button", { name: "Run it" });
    expect(await run.isDisabled()).toBe(true);
    await dialog.getByLabel("service").selectOption("cart");
    await dialog.getByText("is none of cart, shop").waitFor();
    await dialog.getByLabel("service").selectOption("shop");
    await words.waitFor();
    await dialog.getByLabel("Type shop to confirm").fill("shop");
    const sent = page.waitForRequest(
      (request) => request.method() === "POST" && request.url().endsWith("/runbook-runs"),
    );
    await run.click();
    expect((await sent).postDataJSON()).toEqual({
      action: "roll-back",
      runbook: "HighErrorRate",
      values: { service: "shop" },
      confirmation: "c".repeat(43),
      confirm: "shop",
    });
    await dialog.waitFor({ state: "hidden" });
    await action.getByText("Running").waitFor();
    await action.getByText("draining shop-1").waitFor();
    await expect.poll(() => action.getByRole("button").isDisabled()).toBe(true);
  });

  it("a hostile runbook is words", async () => {
    const page = await open("/runbooks/Shipping");
    await page.getByText("click javascript:window.hacked=1").click();
    await page.getByText("<script>window.hacked = 1</script><img src=x").waitFor();
    const found = await page.evaluate(() => ({
      hacked: "hacked" in window,
      scripts: document.querySelectorAll("main script, main img, main iframe").length,
      links: [...document.querySelectorAll("main a")].flatMap((link) => {
        const href = link.getAttribute("href") ?? "";
        return /^(?:\/(?!\/)|#|https?:|mailto:)/.test(href) ? [] : [href];
      }),
      handlers: [...document.querySelectorAll("main *")].filter((element) =>
        element.getAttributeNames().some((name) => name.startsWith("on")),
      ).length,
    }));
    expect(found).toEqual({ hacked: false, scripts: 0, links: [], handlers: 0 });
  });

  it("the kill switch is set with its reason and the service's name, and is seen to be on", async () => {
    const page = await open("/controls");
    const checkout = page.getByRole("region", { name: "checkout in production" });
    await checkout.getByRole("button", { name: "Change kill-switch of checkout" }).click();
    const dialog = page.getByRole("dialog", { name: "Change kill-switch of checkout" });
    const set = dialog.getByRole("button", { name: "Set to on" });
    await dialog.getByLabel("Reason").fill("orders are charged twice");
    await expect.poll(() => set.isDisabled()).toBe(true);
    await dialog.getByLabel("Type checkout to confirm").fill("checkout");
    const sent = page.waitForRequest((request) => request.url().endsWith("/kill-switch/value"));
    await set.click();
    expect((await sent).postDataJSON()).toEqual({
      value: true,
      reason: "orders are charged twice",
      revision: 1,
      confirm: "checkout",
    });
    await dialog.waitFor({ state: "detached" });
    const row = checkout.getByRole("listitem").filter({ hasText: "kill-switch" });
    await row.getByText("On", { exact: true }).waitFor();
    await row.getByText("by admin@example.org: orders are charged twice").waitFor();
  });
});

describe("a note with pictures", () => {
  const file = (name: string, mimeType: string) => ({
    name,
    mimeType,
    buffer: Buffer.from("89504e470d0a1a0a", "hex"),
  });

  it("is made of several that are chosen and one that is dropped; one opens large and is in the URL", async () => {
    const page = await open("/incidents/42");
    const opened = () => new URL(page.url()).searchParams.get("picture");
    await page
      .getByLabel("Pictures", { exact: true })
      .setInputFiles([file("graph.png", "image/png"), file("movie.mp4", "video/mp4")]);
    await page.getByText("movie.mp4: This is not a PNG").waitFor();
    await page.getByRole("button", { name: "Remove movie.mp4" }).click();
    await page.getByLabel("What graph.png shows").fill("The graph at two");
    await page.getByLabel("Comment").evaluate((box) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(8)], "dropped.jpg", { type: "image/jpeg" }));
      box.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
    });
    await page.getByLabel("What dropped.jpg shows").waitFor();
    const own = page.getByRole("list", { name: "Pictures of this note" });
    await expect.poll(() => own.locator("img").count()).toBe(2);
    await page.getByRole("button", { name: "Comment", exact: true }).click();
    await own.waitFor({ state: "detached" });
    const thumb = page.getByRole("button", { name: "The graph at two" });
    await thumb.click();
    await page.getByRole("dialog", { name: "The graph at two" }).waitFor();
    await expect.poll(() => opened()).toMatch(/^[0-9a-f-]{36}$/);
    await page.keyboard.press("Escape");
    await expect.poll(() => opened()).toBe(null);
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });
});
