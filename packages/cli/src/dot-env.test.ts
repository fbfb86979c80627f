import { expect, test } from "vitest";
import { makeRepository } from "../test/repository.ts";
import { withDotEnv } from "./dot-env.ts";

test("a .env adds what is not set, of Seaworthy's own", async () => {
  const folder = await makeRepository({
    ".env": `# ours\nSEAWORTHY_TOKEN="from the file # whole"\nSEAWORTHY_URL=http://file\nSEAWORTHY_KEY=\nDATABASE_URL=secret\nNODE_OPTIONS=--inspect\n`,
  });
  expect(await withDotEnv({ SEAWORTHY_URL: "http://real", HOME: "/" }, folder)).toEqual({
    SEAWORTHY_TOKEN: "from the file # whole",
    SEAWORTHY_URL: "http://real",
    HOME: "/",
  });
});

test("no .env is no fault; one that cannot be read is", async () => {
  const folder = await makeRepository({ "below/.env/x": "a folder" });
  expect(await withDotEnv({ A: "1" }, folder)).toEqual({ A: "1" });
  await expect(withDotEnv({}, `${folder}/below`)).rejects.toThrow("EISDIR");
});
