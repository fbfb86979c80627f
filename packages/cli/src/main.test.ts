import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { makeRepository } from "../test/repository.ts";

/** Runs the command as people do, from source. */
function seaworthy(folder: string, ...args: string[]) {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const command = ["--import", "tsx", "--conditions=@seaworthy/source", main, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("says its version, and what is wrong with a .env", async () => {
  const manifest = await readFile(new URL("../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  const folder = await makeRepository({ ".env/x": "a folder" });
  expect(seaworthy(folder, "--version")).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
  const { status, stderr } = seaworthy(folder, "up");
  expect([status, stderr]).toEqual([1, expect.stringContaining(".env cannot be read: EISDIR")]);
});
