// `npm run sdk:next`: the packed kit in a real Next.js, built and started as its users do. Next takes
// 320 MB and a build of half a minute, which is why this is no part of `npm test`; it is installed
// once from the npm registry into .cache/next. Build first.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, ".cache", "next");
const versions = ["next@16.4.6", "react@19.3.1", "react-dom@19.3.1"];

function run(command, args, cwd) {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" };
  const done = spawnSync(command, args, { cwd, env, stdio: ["ignore", "inherit", "inherit"] });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

mkdirSync(folder, { recursive: true });
for (const name of ["app", ".next"]) rmSync(join(folder, name), { recursive: true, force: true });
cpSync(join(root, "packages/sdk/test/next-app"), folder, { recursive: true });
const pack = [
  "pack",
  "--ignore-scripts",
  "--pack-destination",
  folder,
  "--workspace",
  "packages/sdk",
];
run("npm", pack, root);
const flags = ["--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--no-package-lock"];
run("npm", ["install", ...flags, ...versions, join(folder, "seaworthy-sdk-0.1.0.tgz")], folder);
run(process.execPath, [join(folder, "node_modules/next/dist/bin/next"), "build"], folder);
const loader = ["--import", "tsx", "--conditions=@seaworthy/source"];
const driver = join(root, "packages/sdk/test/programs/real-next.ts");
run(process.execPath, [...loader, driver, folder, "start"], root);
