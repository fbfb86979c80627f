/** The distribution's redis-server on a socket in a folder of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface RedisServer {
  /** The path of the Unix socket. */
  readonly path: string;
  /** Kills it with SIGKILL; `start` brings it back, empty. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export async function startRedis(): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), "seaworthy-redis-"));
  const path = join(folder, "socket");
  let child: ChildProcess | undefined;
  const start = async () => {
    child = spawn(
      "redis-server",
      ["--port", "0", "--unixsocket", path, "--save", "", "--dir", folder, "--loglevel", "notice"],
      { stdio: ["ignore", "pipe", "ignore"] },
    );
    const spawned = child;
    const gone = once(spawned, "close").then(() => {
      throw new Error("redis-server ended before it was ready");
    });
    await Promise.race([ready(spawned), gone]);
    gone.catch(() => {});
    await answers(path);
  };
  const kill = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
  };
  await start();
  return {
    path,
    kill,
    start,
    stop: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function ready(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error("redis-server has no output");
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) if (/ready to accept connections/i.test(line)) break;
  child.stdout.resume();
}

async function answers(path: string): Promise<void> {
  const socket = connect(path);
  await once(socket, "connect");
  socket.destroy();
}
