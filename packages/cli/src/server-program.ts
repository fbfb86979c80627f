import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * Asks a program of the server's own, so that files mean here what they mean there; answers the JSON that
 * it prints. `reads`: what it reads, for the error when it fails.
 */
export async function askProgram(
  { url, reads, cwd }: { readonly url: string; readonly reads: string; readonly cwd?: string },
  args: readonly string[],
): Promise<unknown> {
  const child = spawn(process.execPath, [fileURLToPath(url), ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0)
    throw new Error(`the program that reads ${reads} ended with exit code ${String(code)}`);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}
