import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { withDotEnv } from "../dot-env.ts";
import { processTerminal, type Terminal } from "../terminal.ts";
import { tryPlatform } from "./platform.ts";
import { tryRepository } from "./repository.ts";
import { tryService } from "./service.ts";
import { tryTelemetry } from "./telemetry.ts";
import type { Finding } from "./trial.ts";

/** What `seaworthy doctor --help` prints. */
export const doctorHelp = `seaworthy doctor: say what works and what does not, by trying it

Usage: seaworthy doctor [OPTIONS]

Tries the repository (kit, files), the running service (health, metrics, whether a request is counted)
and the platform (token, scraping, rules, receivers, whether a request's trace and log line arrive). It
changes nothing; it sends the service two requests for pages that do not exist.

Options:
  --dir DIR    the repository (default: here)
  --app URL    the service (default: the first target in seaworthy/prometheus.yml)
  --url URL    the platform (default: SEAWORTHY_URL, else http://127.0.0.1:4000)
  --json       say it as one JSON object
  --help       show this

Environment (also read from the repository's .env, where what is set already wins):
  SEAWORTHY_URL    the platform
  SEAWORTHY_TOKEN  an admin or API token of the platform

Examples:
  npx seaworthy doctor
  npx seaworthy doctor --app http://127.0.0.1:8080
  SEAWORTHY_TOKEN=… npx seaworthy doctor --json

Exit codes: 0 nothing fails, 1 something does, 2 wrong use
`;

/** Runs the command. Resolves with its exit code. */
export async function doctor(
  args: string[],
  terminal: Terminal = processTerminal(),
): Promise<number> {
  let options;
  let app: URL | undefined;
  let platform: URL;
  let environment;
  try {
    options = parseArgs({
      args,
      options: {
        dir: { type: "string", default: "." },
        app: { type: "string" },
        url: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
    environment = await withDotEnv(terminal.env, resolve(terminal.cwd, options.dir));
    app = options.app === undefined ? undefined : httpUrl("--app", options.app);
    platform = httpUrl(
      "--url",
      options.url ?? (environment["SEAWORTHY_URL"] || "http://127.0.0.1:4000"),
    );
  } catch (error) {
    terminal.err(
      `seaworthy doctor: ${error instanceof Error ? error.message : String(error)}\n\n${doctorHelp}`,
    );
    return 2;
  }
  if (options.help) {
    terminal.out(doctorHelp);
    return 0;
  }
  const { findings, target } = await tryRepository(resolve(terminal.cwd, options.dir));
  const service = app ?? httpUrl("the target", `http://${target ?? "127.0.0.1:3000"}`);
  const all = [
    ...findings,
    ...(await tryService(service)),
    ...(await tryPlatform(platform, environment["SEAWORTHY_TOKEN"], target)),
    await tryTelemetry(service, platform, environment["SEAWORTHY_TOKEN"]),
  ];
  const failed = all.filter(({ result }) => result === "fails").length;
  if (options.json)
    terminal.out(`${JSON.stringify({ ok: failed === 0, findings: all }, undefined, 2)}\n`);
  else show(terminal, all, failed);
  return failed === 0 ? 0 : 1;
}

function httpUrl(name: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new Error(`${name} ${JSON.stringify(text)} is not a URL such as http://127.0.0.1:3000`);
}

const styles = { works: "good", fails: "bad", skipped: "faint" } as const;

function show(terminal: Terminal, findings: readonly Finding[], failed: number): void {
  const width = Math.max(...findings.map(({ name }) => name.length));
  for (const { name, result, detail, remedy } of findings) {
    const word = terminal.style[styles[result]](result.padEnd(7));
    terminal.out(`${word}  ${name.padEnd(width)}  ${detail}\n`);
    if (remedy !== undefined) terminal.out(`${" ".repeat(width + 11)}→ ${remedy}\n`);
  }
  terminal.out(failed === 0 ? "\nNothing fails.\n" : `\n${failed} of ${findings.length} fail.\n`);
}
