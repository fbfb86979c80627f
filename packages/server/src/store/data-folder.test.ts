import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startProgram } from "../../test/program.ts";
import { claimDataFolder } from "./data-folder.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "seaworthy-folder-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const program = new URL("../../test/programs/claim-folder.ts", import.meta.url);

it("gives a folder to one process at a time, and to the next when that was killed", async () => {
  const dir = join(root, "claimed");
  const owner = startProgram(program, [dir]);
  expect(await owner.nextLine()).toBe("claimed");
  const refused = await claimDataFolder(dir).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(refused).toMatchObject({ code: "data_folder_in_use" });
  expect(String(refused)).toContain(dir);
  await owner.kill();
  const folder = await claimDataFolder(dir);
  await folder.close();
  await (await claimDataFolder(dir)).close();
});

it("says what is wrong with a folder that is not one", async () => {
  const file = join(root, "file");
  await writeFile(file, "");
  await chmod(file, 0o600);
  await expect(claimDataFolder(join(file, "below"))).rejects.toMatchObject({
    code: "data_folder_unusable",
    message: expect.stringContaining(join(file, "below")) as string,
  });
});
