import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { startTail } from "@seaworthy/tail";
import type { TailInput } from "@seaworthy/tail";
import { withDotEnv } from "../dot-env.ts";
import { processTerminal, type Terminal } from "../terminal.ts";
import { pushTo } from "./push.ts";

const DOCKER = "/var/lib/docker/containers";

/** What `seaworthy tail --help` prints. */
export const tailHelp = `seaworthy tail: follow logs and send them to the platform

Usage: seaworthy tail [OPTIONS] [FILE|PATTERN]...

A pattern has *, ? and **; quote it, so that files that come later are found too.

Options:
  --docker             the logs of Docker's containers (json-file driver)
  --docker-dir DIR     where these are (default ${DOCKER})
  --journald           the journal of systemd
  --service NAME       the service of all lines (default: by format, container or path)
  --label NAME=VALUE   a label for all lines; may be repeated
  --new                leave out what is there at the first start
  --once               send what is there, and end
  --positions FILE     remembers how far (default ~/.local/state/seaworthy/tail.json)
  --url URL            the platform (default: SEAWORTHY_URL, else http://127.0.0.1:4000)
  --help               show this

Environment (or .env):
  SEAWORTHY_URL  the platform
  SEAWORTHY_KEY  a token of the platform with the scope ingest

Exit codes:
  0  it was stopped, or with --once everything was sent
  1  the platform refuses what is sent, or positions cannot be kept
  2  the command cannot be understood

Examples:
  seaworthy tail '/var/log/nginx/*.log'
  seaworthy tail --docker --label env=prod
  seaworthy tail --once --service shop old.log
`;

interface Command {
  readonly inputs: readonly TailInput[];
  readonly platform: URL;
  readonly positions: string;
  readonly fromNow: boolean;
  readonly once: boolean;
}

/** Runs the command until it is stopped (by `stopped`, or a signal); answers its exit code. */
export async function tail(
  args: string[],
  terminal: Terminal = processTerminal(),
  stopped: AbortSignal = signalled(),
): Promise<number> {
  const env = await withDotEnv(terminal.env, terminal.cwd);
  let command: Command | undefined;
  try {
    command = commandOf(args, env, terminal.cwd);
  } catch (error) {
    terminal.err(
      `seaworthy tail: ${error instanceof Error ? error.message : String(error)}\n\n${tailHelp}`,
    );
    return 2;
  }
  if (command === undefined) {
    terminal.out(tailHelp);
    return 0;
  }
  const tell = (message: string) => terminal.err(`seaworthy tail: ${message}\n`);
  const { platform, ...options } = command;
  const deliver = pushTo(platform, env["SEAWORTHY_KEY"] ?? "", tell);
  const running = startTail({ ...options, deliver, tell });
  stopped.addEventListener("abort", () => void running.stop(), { once: true });
  try {
    await running.done;
    tell(`${running.stats().delivered} lines were sent to ${platform.origin}`);
    return 0;
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

/** What is to be done; undefined for help. Throws for what cannot be. */
function commandOf(
  args: string[],
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Command | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      docker: { type: "boolean", default: false },
      "docker-dir": { type: "string" },
      journald: { type: "boolean", default: false },
      service: { type: "string" },
      label: { type: "string", multiple: true, default: [] },
      new: { type: "boolean", default: false },
      once: { type: "boolean", default: false },
      positions: { type: "string" },
      url: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const labels: Record<string, string> = {};
  for (const text of values.label) {
    const [, name, value] = /^([A-Za-z_]\w*)=(.+)$/.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw new Error(`--label takes NAME=VALUE, not "${text}"`);
    }
    labels[name] = value;
  }
  const common = { labels, service: values.service };
  const inputs: TailInput[] = [];
  if (positionals.length > 0) {
    const patterns = positionals.map((pattern) => resolve(cwd, pattern));
    inputs.push({ kind: "files", patterns, ...common });
  }
  const folder = values["docker-dir"] ?? (values.docker ? DOCKER : undefined);
  if (folder !== undefined)
    inputs.push({ kind: "docker", folder: resolve(cwd, folder), ...common });
  if (values.journald) inputs.push({ kind: "journald", ...common });
  if (inputs.length === 0) throw new Error("name files, --docker or --journald to follow");
  const state = env["XDG_STATE_HOME"] || join(homedir(), ".local", "state");
  return {
    inputs,
    platform: new URL(values.url ?? (env["SEAWORTHY_URL"] || "http://127.0.0.1:4000")),
    positions: resolve(cwd, values.positions ?? join(state, "seaworthy", "tail.json")),
    fromNow: values.new,
    once: values.once,
  };
}

function signalled(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => controller.abort());
  }
  return controller.signal;
}
