import { createHash } from "node:crypto";
import { access, constants, mkdir, realpath, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { messageOf } from "../model/index.ts";
import { StoreError } from "./errors.ts";

/** A data folder that this process alone may use until it closes it or ends, however it ends. */
export interface DataFolder {
  readonly path: string;
  close(): Promise<void>;
}

/**
 * Makes the folder if need be, proves that it can be written to, and claims it. Throws StoreError
 * `data_folder_unusable` or `data_folder_in_use`.
 */
export async function claimDataFolder(dir: string): Promise<DataFolder> {
  let path: string;
  try {
    await mkdir(dir, { recursive: true });
    path = await realpath(dir);
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    // Access rights say nothing about a full or read-only disk; a byte written does.
    const probe = join(path, `.probe-${process.pid}`);
    await writeFile(probe, "probe", { flush: true });
    await rm(probe);
  } catch (error) {
    const advice =
      "choose another folder with --data, or free space and give this process write access";
    throw new StoreError(
      "data_folder_unusable",
      `the data folder ${dir} cannot be used: ${messageOf(error)}; ${advice}`,
    );
  }
  return { path, close: await claim(path) };
}

/**
 * Claims by listening on a local socket named after the folder: the kernel makes that atomic and
 * ends it with the process, even by SIGKILL. Linux has names without a file (the leading NUL).
 */
async function claim(path: string): Promise<() => Promise<void>> {
  const abstract = process.platform === "linux";
  const name = abstract
    ? `\0seaworthy-${createHash("sha256").update(path).digest("hex").slice(0, 32)}`
    : join(path, "lock.sock");
  const server = createServer((socket) => socket.destroy());
  const listen = () =>
    new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(name, () => {
        server.off("error", reject);
        server.unref();
        resolve();
      });
    });
  try {
    await listen();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    if (abstract || (await answers(name))) {
      throw new StoreError(
        "data_folder_in_use",
        `the data folder ${path} is in use by another Seaworthy process; stop it, or choose another folder with --data`,
      );
    }
    // A socket file that nobody listens on was left by a process that was killed.
    await rm(name, { force: true });
    await listen();
  }
  return () => new Promise((resolve) => server.close(() => resolve()));
}

function answers(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(name);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
