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
});
