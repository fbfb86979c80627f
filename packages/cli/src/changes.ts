import { changeKind, listChanges, recordChange } from "@seaworthy/contract";
import type { RecordedChange } from "@seaworthy/contract";
import { UsageError, withPlatform } from "./platform.ts";
import type { Platform } from "./platform.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/** What `seaworthy change --help` prints. */
export const changeHelp = `seaworthy change: say what was changed, and see what was

Usage:
  seaworthy change [list] [OPTIONS]          those of the last day
  seaworthy change record [OPTIONS] TITLE    record one, e.g. as the last step of a deploy

Options:
  --kind KIND        record: deploy, release, flag, migration, infrastructure or config (default: deploy)
  --service NAME     the service; without it, a change concerns all of them
  --environment NAME record: where, e.g. production
  --version TEXT     record: what runs now
  --link URL         record: where more is said of it
  --at TIME          record: when it happened, e.g. 2026-03-01T12:00:00Z (default: now)
  --key TEXT         record: the same key is recorded once, however often it is sent
  --hours N          list: how far back (default: 24)
  --url URL          the platform (default: SEAWORTHY_URL, else http://127.0.0.1:4000)
  --json             print what the platform answers
  --help             show this

Environment (or .env):
  SEAWORTHY_URL    the platform
  SEAWORTHY_TOKEN  an API token: record needs the scope ingest, list the scope read

Exit codes:
  0  it was done
  1  the platform refuses or cannot be reached
  2  the command cannot be understood

Examples:
  seaworthy change record "Release 2031" --service shop --version 2031
  seaworthy change record "checkout-v2 on for all" --kind flag --service shop
`;

const RECORD = ["kind", "service", "environment", "version", "link", "at", "key"] as const;
const LIST = ["service", "hours"] as const;
const HOUR = 3_600_000;

/** Runs the command; answers its exit code. */
export function change(args: string[], terminal: Terminal = processTerminal()): Promise<number> {
  return withPlatform(
    "change",
    changeHelp,
    args,
    terminal,
    async (platform) => {
      const [command = "list", ...rest] = platform.positionals;
      if (command !== "list" && command !== "record")
        throw new UsageError(`there is no command "change ${command}"`);
      const known: readonly string[] = command === "list" ? LIST : RECORD;
      for (const [name, value] of Object.entries(platform.options)) {
        if (value !== undefined && !known.includes(name))
          throw new UsageError(`"change ${command}" takes no --${name}`);
      }
      const answer = await (command === "list" ? list(platform, rest) : record(platform, rest));
      if (platform.json) terminal.out(`${JSON.stringify(answer, undefined, 2)}\n`);
      else if ("changes" in answer) for (const one of answer.changes) terminal.out(lineOf(one));
      else terminal.out(lineOf(answer));
      return 0;
    },
    [...RECORD, "hours"],
  );
}

function list(platform: Platform, rest: readonly string[]) {
  if (rest.length > 0) throw new UsageError("list takes no names");
  const { service, hours = "24" } = platform.options;
  const back = Number(hours);
  if (!(back > 0 && back <= 8760)) throw new UsageError("--hours is a number up to 8760");
  const to = Date.now();
  return platform.ask(listChanges, {
    query: {
      from: new Date(to - back * HOUR).toISOString(),
      to: new Date(to).toISOString(),
      ...(service === undefined ? {} : { service }),
    },
  });
}

function record(platform: Platform, [title, ...more]: readonly string[]) {
  if (title === undefined || more.length > 0) throw new UsageError("give one title, in quotes");
  const { kind = "deploy", link, at, ...rest } = platform.options;
  const known = changeKind.options.find((one) => one === kind);
  if (known === undefined)
    throw new UsageError(`--kind is one of ${changeKind.options.join(", ")}, not "${kind}"`);
  if (at !== undefined && Number.isNaN(Date.parse(at)))
    throw new UsageError(`--at is a time such as 2026-03-01T12:00:00Z, not "${at}"`);
  return platform.ask(recordChange, {
    body: {
      kind: known,
      title,
      service: rest["service"] ?? null,
      environment: rest["environment"] ?? null,
      version: rest["version"] ?? null,
      key: rest["key"] ?? null,
      url: link ?? null,
      at: at === undefined ? null : new Date(at).toISOString(),
    },
  });
}

function lineOf({ at, kind, service, environment, title, version, actor }: RecordedChange): string {
  const words = [at, kind, service ?? "all services", environment, title, version, `by ${actor}`];
  return `${words.filter((word) => word !== null).join("  ")}\n`;
}
