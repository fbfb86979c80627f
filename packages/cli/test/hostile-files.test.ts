/** Files of other people's repositories, and what their services answer, whatever stands in them. */
import fc from "fast-check";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { requests } from "../src/doctor/service.ts";
import { withDotEnv } from "../src/dot-env.ts";
import { environmentFile, manifestWithKit } from "../src/init/files.ts";
import { configWithKit, portOfScripts } from "../src/init/next.ts";
import { parseManifest, ProjectError, type Project } from "../src/init/project.ts";
import { makeRepository } from "./repository.ts";

const kit = "@seaworthy/sdk";

/** Any UTF-16, halves of pairs too. fast-check's own takes a second to set up. */
const units = (maxLength = 20) =>
  fc
    .array(fc.integer({ min: 0, max: 0xff_ff }), { maxLength })
    .map((codes) => String.fromCharCode(...codes));

test("package.json: the kit is added, all else stays, and a second time changes nothing", () => {
  const versions = fc.dictionary(fc.constantFrom("next", kit, "a", "__proto__"), fc.string());
  const manifest = fc.dictionary(
    fc.constantFrom("name", "scripts", "dependencies", "devDependencies", "x"),
    fc.oneof(versions, fc.jsonValue({ maxDepth: 2 })),
  );
  const text = fc
    .tuple(
      fc.oneof(manifest, fc.jsonValue()),
      fc.constantFrom(0, 2, "\t"),
      fc.constantFrom("", "\n"),
    )
    .map(([value, indent, end]) => JSON.stringify(value, undefined, indent) + end);
  fc.assert(
    fc.property(fc.oneof(text, fc.string()), (before) => {
      let read;
      try {
        read = parseManifest("package.json", before);
      } catch (error) {
        expect(error).toBeInstanceOf(ProjectError);
        return;
      }
      const project = { manifest: read, manifestText: before } as Project;
      const after = manifestWithKit(project, "1.2.3");
      const added = parseManifest("package.json", after);
      expect(manifestWithKit({ ...project, manifest: added, manifestText: after }, "1")).toBe(
        after,
      );
      const all = { ...added.dependencies, ...added.devDependencies };
      expect(Object.keys(all)).toContain(kit);
      const { dependencies: _, ...others } = added;
      const { dependencies: known = {}, ...rest } = read;
      expect(others).toEqual(rest);
      expect(added.dependencies ?? {}).toMatchObject(known);
      const port = portOfScripts("next", read.scripts) ?? 3_000;
      expect(Number.isInteger(port) && port > 0 && port < 65_536).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test("ports in scripts: a port, or none", () => {
  const word = fc.constantFrom(
    "next",
    "dev",
    "-p",
    "--port",
    "3100",
    "99999",
    "-1",
    "0x10",
    "1e3",
    "=",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.string())), (words) => {
      const port = portOfScripts("next", { dev: words.join(" ") }) ?? 3_000;
      expect(Number.isInteger(port) && port > 0 && port < 65_536).toBe(true);
    }),
  );
});

test(".env.example and next.config: what was there stays, and a second time changes nothing", () => {
  const line = fc.oneof(
    fc.constantFrom("SEAWORTHY_URL=x", "# SEAWORTHY_KEY=", " SEAWORTHY_TOKEN=1", "A=1", "\r", "\n"),
    units(),
  );
  const piece = fc.oneof(
    fc.constantFrom(
      "const nextConfig = {",
      "export default {",
      "module.exports = {",
      "}",
      "'",
      '"',
      "`",
      "serverExternalPackages: [",
      "]",
      "serverExternalPackages",
      "// ",
      "/*",
      "*/",
      "\n",
      ",",
    ),
    units(5),
  );
  fc.assert(
    fc.property(fc.array(line), fc.array(piece, { maxLength: 12 }), (lines, pieces) => {
      const before = lines.join("\n");
      const after = environmentFile(before);
      expect(after.startsWith(before)).toBe(true);
      expect(environmentFile(after)).toBe(after);
      const config = pieces.join("");
      const edit = configWithKit(config);
      if (!("text" in edit) || edit.text === undefined) return;
      expect(edit.text).toContain(config.includes(kit) ? config : kit);
      expect(configWithKit(edit.text)).toEqual({ text: edit.text });
    }),
    { numRuns: 500 },
  );
});

test(".env: no variable but Seaworthy's own is taken", async () => {
  const folder = await makeRepository({ ".env": "" });
  const line = fc.oneof(
    units(),
    fc.constantFrom(
      "SEAWORTHY_URL=1",
      "export SEAWORTHY_KEY='a\nb'",
      "PATH=/tmp",
      '"',
      "__proto__=1",
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line), async (lines) => {
      await writeFile(join(folder, ".env"), lines.join("\n"));
      for (const [name, value] of Object.entries(await withDotEnv({ HOME: "/" }, folder)))
        expect([name === "HOME" || name.startsWith("SEAWORTHY_"), typeof value]).toEqual([
          true,
          "string",
        ]);
    }),
    { numRuns: 50 },
  );
});

test("an exposition: the sum of requests is a number", () => {
  const line = fc.oneof(
    fc.string(),
    fc
      .tuple(
        fc.constantFrom("http_requests_total ", 'http_requests_total{a="b"} '),
        fc.oneof(fc.string(), fc.double().map(String)),
      )
      .map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      expect(Number.isFinite(requests(lines.join("\n")))).toBe(true);
    }),
  );
});
