import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { TailRecord } from "./record.ts";

/** What `journalctl` is asked; the cursor is added. */
const JOURNALCTL = ["journalctl", "--output=json", "--follow", "--no-pager", "--quiet", "--all"];
const LEVELS = "emerg alert crit err warning notice info debug".split(" ");
/** Entries that wait to be taken before the journal is made to wait. */
const WAITING = 2000;
/** Between two starts of the command, ms. */
const RESTART_MS = 2000;

interface JournalEntry {
  readonly cursor: string;
  readonly record: TailRecord;
}

/** The journal of systemd, followed by its own command from a cursor on. */
export class JournalSource {
  readonly key: string;
  readonly #command: readonly string[];
  readonly #labels: Readonly<Record<string, string>>;
  readonly #service: string | undefined;
  readonly #fromNow: boolean;
  readonly #tell: (message: string) => void;
  readonly #waiting: JournalEntry[] = [];
  #cursor: string | undefined;
  /** The cursor of the last entry that was heard. */
  #heard: string | undefined;
  #child: ChildProcessByStdio<null, Readable, Readable> | undefined;
  #startedAt = Number.NEGATIVE_INFINITY;

  constructor(options: {
    readonly key: string;
    readonly command?: readonly string[] | undefined;
    readonly labels: Readonly<Record<string, string>>;
    readonly service: string | undefined;
    readonly cursor: string | undefined;
    /** Whether what is there already is left out when there is no cursor. */
    readonly fromNow: boolean;
    readonly tell: (message: string) => void;
  }) {
    this.key = options.key;
    this.#command = options.command ?? JOURNALCTL;
    this.#labels = options.labels;
    this.#service = options.service;
    this.#fromNow = options.fromNow;
    this.#tell = options.tell;
    this.#cursor = options.cursor;
    this.#heard = options.cursor;
  }

  get cursor(): string | undefined {
    return this.#cursor;
  }

  /** Starts the command when it does not run. */
  keepRunning(now: number): void {
    if (this.#child !== undefined || now - this.#startedAt < RESTART_MS) return;
    this.#startedAt = now;
    const [program = "journalctl", ...args] = this.#command;
    const from =
      this.#heard !== undefined
        ? [`--after-cursor=${this.#heard}`]
        : [this.#fromNow ? "--lines=0" : "--lines=all"];
    const child = spawn(program, [...args, ...from], { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    const lines = createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY });
    lines.on("line", (line) => {
      const entry = readEntry(line, this.#labels, this.#service);
      if (entry === undefined) return;
      this.#heard = entry.cursor;
      this.#waiting.push(entry);
      if (this.#waiting.length >= WAITING) child.stdout.pause();
    });
    child.stderr.on("data", (text: Buffer) => this.#tell(`${program}: ${text.toString().trim()}`));
    child.on("error", (error) => this.#tell(`${program}: ${error.message}`));
    child.on("close", () => {
      if (this.#child === child) this.#child = undefined;
    });
  }

  /** The next entries, up to `most`, or up to the one of the cursor `until`; undefined: it has not come. */
  peek(most: number, until?: string): { records: TailRecord[]; end: string } | undefined {
    const last = this.#waiting.findIndex(({ cursor }) => cursor === until);
    if (until !== undefined && last === -1) return undefined;
    const part = this.#waiting.slice(0, until === undefined ? most : last + 1);
    const end = part.at(-1)?.cursor;
    return end === undefined ? undefined : { records: part.map(({ record }) => record), end };
  }

  /** Up to here has been delivered. */
  advance(end: string): void {
    const last = this.#waiting.findIndex(({ cursor }) => cursor === end);
    this.#waiting.splice(0, last + 1);
    this.#cursor = end;
    if (this.#waiting.length < WAITING) this.#child?.stdout.resume();
  }

  stop(): void {
    this.#child?.kill();
  }
}

function readEntry(
  line: string,
  labels: Readonly<Record<string, string>>,
  service: string | undefined,
): JournalEntry | undefined {
  let fields: Readonly<Record<string, unknown>>;
  try {
    fields = JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
  const field = (name: string) => textOf(fields[name]);
  const [cursor, time] = [field("__CURSOR"), field("__REALTIME_TIMESTAMP")];
  if (cursor === "" || !/^\d{1,18}$/.test(time)) return undefined;
  const unit = field("_SYSTEMD_UNIT") || field("UNIT");
  const identifier = field("SYSLOG_IDENTIFIER");
  const all: Record<string, string> = { job: "systemd-journal" };
  if (unit !== "") all["unit"] = unit;
  if (field("_HOSTNAME") !== "") all["host"] = field("_HOSTNAME");
  all["service_name"] =
    service ?? (unit.replace(/\.(?:service|scope)$/, "") || identifier || "journal");
  const metadata: Record<string, string> = {};
  const level = LEVELS[Number(field("PRIORITY") || Number.NaN)];
  if (level !== undefined) metadata["level"] = level;
  if (identifier !== "") metadata["identifier"] = identifier;
  if (field("_PID") !== "") metadata["pid"] = field("_PID");
  const record = {
    labels: { ...all, ...labels },
    timeNs: BigInt(time) * 1000n,
    line: field("MESSAGE"),
    metadata,
  };
  return { cursor, record };
}

/** A field's text; what is not text comes as a list of bytes. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((each) => typeof each === "number")) {
    return Buffer.from(value).toString("utf8");
  }
  return "";
}
