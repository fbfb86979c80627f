import { setTimeout as wait } from "node:timers/promises";
import { join } from "node:path";
import { FileSource, isPacked, keyAt } from "./file-source.ts";
import { expand } from "./glob.ts";
import { JournalSource } from "./journal-source.ts";
import { labelsOfFile } from "./labels.ts";
import { loadPositions, savePositions } from "./positions.ts";
import type { FilePosition, InFlight, Positions } from "./positions.ts";
import type { TailInput, TailRecord } from "./record.ts";
import { understand } from "./understand.ts";

/** A batch's records and characters, at which it is full. */
const BATCH_RECORDS = 2000;
const BATCH_LENGTH = 1024 * 1024;
/** Files that are open at once. */
const MAX_FILES = 1000;
/** Positions that are kept of files that may come again. */
const MAX_REMEMBERED = 10_000;
/** How often patterns are looked through, ms. */
const SCAN_MS = 1000;
/** Between two tries to deliver, ms: from the first to the longest. */
const RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
/** A line's own time that is so far ahead of the clock is a mistake, ns. */
const AHEAD_NS = 300_000_000_000n;

/** What never will be taken, however often it is sent: the tail ends, and forgets nothing. */
export class DeliveryRefused extends Error {
  override readonly name = "DeliveryRefused";
}

export interface TailOptions {
  readonly inputs: readonly TailInput[];
  /** The file that positions are kept in. */
  readonly positions: string;
  /**
   * Delivers a batch; resolves once it is durable. A rejection is tried again with the same records,
   * also after the process was killed; DeliveryRefused ends the tail.
   */
  readonly deliver: (records: readonly TailRecord[]) => Promise<void>;
  /** Told of what a person may want to know: files that come and go, deliveries that fail. */
  readonly tell: (message: string) => void;
  /** Between two looks at the files, ms. */
  readonly pollMs?: number;
  /** How long a file that was moved or deleted is still read after it last grew, ms. */
  readonly goneMs?: number;
  /** Whether what is there at the very first start is left out. */
  readonly fromNow?: boolean;
  /** Ends when all that is there has been delivered. */
  readonly once?: boolean;
}

export interface TailStats {
  readonly delivered: number;
  readonly files: number;
}

export interface Tail {
  stats(): TailStats;
  /** Resolves when it has ended; rejects with what ended it. */
  readonly done: Promise<void>;
  /** Ends it; what was not delivered comes at the next start. */
  stop(): Promise<void>;
}

/** Begins to follow. */
export function startTail(options: TailOptions): Tail {
  const engine = new Engine(options);
  const done = engine.run();
  // Who waits for it hears of the failure; it must not end the process before.
  done.catch(() => {});
  return {
    stats: () => engine.stats(),
    done,
    async stop() {
      engine.stop();
      await done.catch(() => {});
    },
  };
}

interface Open {
  readonly source: FileSource;
  readonly labels: Readonly<Record<string, string>>;
  readonly service: string;
  readonly input: TailInput;
  /** Whether it is the file that was read before, as far as its beginning tells. */
  readonly isResumed: boolean;
}

interface Batch {
  readonly records: TailRecord[];
  readonly inFlight: InFlight;
}

class Engine {
  readonly #options: TailOptions;
  readonly #goneMs: number;
  readonly #files = new Map<string, Open>();
  readonly #journals: JournalSource[] = [];
  readonly #stopping = new AbortController();
  /** Of files that could not be found at the start. */
  #remembered = new Map<string, FilePosition>();
  /** How far files were read that have been cut since. */
  #cut: readonly FilePosition[] = [];
  #first = false;
  #tooMany = false;
  #delivered = 0;
  #scannedAt = Number.NEGATIVE_INFINITY;

  constructor(options: TailOptions) {
    this.#options = options;
    this.#goneMs = options.goneMs ?? 10_000;
  }

  stats(): TailStats {
    return { delivered: this.#delivered, files: this.#files.size };
  }

  stop(): void {
    this.#stopping.abort();
  }

  async run(): Promise<void> {
    const known = await loadPositions(this.#options.positions);
    this.#first = known === undefined;
    this.#remembered = new Map(known?.files.slice(-MAX_REMEMBERED).map((file) => [file.key, file]));
    this.#openJournals(known);
    try {
      await this.#scan();
      await this.#findMoved();
      // Where it began is remembered before anything comes.
      if (this.#first) await this.#save(undefined);
      this.#first = false;
      if (known?.inFlight !== undefined) await this.#repeat(known.inFlight);
      await this.#follow();
    } finally {
      for (const journal of this.#journals) journal.stop();
      for (const { source } of this.#files.values()) await source.close();
    }
  }

  async #follow(): Promise<void> {
    const { pollMs = 250, once = false } = this.#options;
    let idle = 0;
    while (!this.#stopping.signal.aborted) {
      const now = Date.now();
      if (now - this.#scannedAt >= SCAN_MS) await this.#scan();
      for (const journal of this.#journals) journal.keepRunning(now);
      const batch = await this.#collect(now);
      if (batch.inFlight.ends.length > 0) {
        await this.#deliver(batch);
        idle = 0;
        continue;
      }
      idle += 1;
      if (once && idle > 3) return;
      await wait(pollMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
    }
  }

  /** Reads from each source in turn until a batch is full. */
  async #collect(now: number): Promise<Batch> {
    const batch: Batch = { records: [], inFlight: { at: now, ends: [] } };
    const ends: [string, number | string][] = [];
    let length = 0;
    const isFull = () => batch.records.length >= BATCH_RECORDS || length >= BATCH_LENGTH;
    const take = (key: string, end: number | string, records: readonly TailRecord[]) => {
      ends.push([key, end]);
      batch.records.push(...records);
      for (const { line } of records) length += line.length;
    };
    for (const file of this.#files.values()) {
      if (isFull()) break;
      const { source } = file;
      if (await source.isTruncated()) await this.#truncated(file);
      const final =
        this.#options.once === true ||
        (source.movedAt !== undefined && now - source.movedAt > this.#goneMs / 2);
      const { entries, end } = await source.read(now, { final });
      if (end > source.offset) {
        source.movedAt = source.movedAt === undefined ? undefined : now;
        take(source.key, end, this.#records(file, entries, now));
      }
    }
    for (const journal of this.#journals) {
      const part = isFull() ? undefined : journal.peek(BATCH_RECORDS);
      if (part !== undefined) take(journal.key, part.end, part.records);
    }
    // A turn for those that did not have one.
    const [next] = this.#files;
    if (next !== undefined && isFull()) {
      this.#files.delete(next[0]);
      this.#files.set(...next);
    }
    return { ...batch, inFlight: { at: now, ends } };
  }

  /** What was being delivered when the process ended, read again just as it was. */
  async #repeat({ at, ends }: InFlight): Promise<void> {
    const records: TailRecord[] = [];
    const found: [string, number | string][] = [];
    for (const [key, end] of ends) {
      const file = this.#files.get(key);
      const journal = this.#journals.find((each) => each.key === key);
      if (file?.isResumed === true && typeof end === "number" && end > file.source.offset) {
        const part = await file.source.read(at, { until: end });
        if (part.end !== end) continue;
        records.push(...this.#records(file, part.entries, at));
        found.push([key, end]);
      } else if (journal !== undefined && typeof end === "string") {
        const part = await this.#awaitJournal(journal, end);
        if (part === undefined) continue;
        records.push(...part);
        found.push([key, end]);
      }
    }
    if (found.length > 0) await this.#deliver({ records, inFlight: { at, ends: found } });
  }

  async #awaitJournal(journal: JournalSource, end: string): Promise<TailRecord[] | undefined> {
    for (let tries = 0; tries < 20 && !this.#stopping.signal.aborted; tries += 1) {
      journal.keepRunning(Date.now());
      const part = journal.peek(BATCH_RECORDS, end);
      if (part !== undefined) return part.records;
      await wait(50);
    }
    return undefined;
  }

  async #deliver({ records, inFlight }: Batch): Promise<void> {
    const { deliver, tell } = this.#options;
    if (records.length > 0) {
      await this.#save(inFlight);
      for (let delay = RETRY_MS; ; delay = Math.min(delay * 2, LONGEST_RETRY_MS)) {
        try {
          await deliver(records);
          break;
        } catch (error) {
          if (error instanceof DeliveryRefused) throw error;
          if (this.#stopping.signal.aborted) return;
          const reason = error instanceof Error ? error.message : String(error);
          tell(`${records.length} lines could not be delivered yet: ${reason}`);
          await wait(delay, undefined, { signal: this.#stopping.signal }).catch(() => {});
          if (this.#stopping.signal.aborted) return;
        }
      }
    }
    for (const [key, end] of inFlight.ends) {
      if (typeof end === "number") this.#files.get(key)?.source.advance(end);
      else this.#journals.find((journal) => journal.key === key)?.advance(end);
    }
    this.#delivered += records.length;
    await this.#save(undefined);
  }

  #save(inFlight: InFlight | undefined): Promise<void> {
    const files = [...this.#files.values()].map(({ source }) => source.position);
    const cursors: Record<string, string> = {};
    for (const { key, cursor } of this.#journals) if (cursor !== undefined) cursors[key] = cursor;
    return savePositions(this.#options.positions, {
      files: [...files, ...this.#remembered.values()],
      cursors,
      inFlight,
    });
  }

  #records(
    { labels, service, input, source }: Open,
    entries: readonly { text: string; stream: string; time: string }[],
    now: number,
  ): TailRecord[] {
    const readAt = BigInt(now) * 1_000_000n;
    return entries.map(({ text, stream, time }) => {
      const said = understand(text, now);
      const its = (time === "" ? undefined : understand(time, now).timeNs) ?? said.timeNs;
      const isGood = its !== undefined && its > 0n && its < readAt + AHEAD_NS;
      return {
        labels: {
          ...labels,
          service_name: input.service ?? (source.isDocker ? service : (said.service ?? service)),
          ...(stream === "" ? {} : { stream }),
        },
        timeNs: isGood ? its : readAt,
        line: text,
        metadata: said.metadata,
      };
    });
  }

  #openJournals(known: Positions | undefined): void {
    this.#options.inputs.forEach((input, index) => {
      if (input.kind !== "journald") return;
      const key = `journal ${index}`;
      const { labels = {}, service, command } = input;
      const { fromNow = false, tell } = this.#options;
      const cursor = known?.cursors[key];
      this.#journals.push(
        new JournalSource({ key, labels, service, command, cursor, fromNow, tell }),
      );
    });
  }

  /** Looks for files that have come, and sees which have gone. */
  async #scan(): Promise<void> {
    this.#scannedAt = Date.now();
    for (const input of this.#options.inputs) {
      if (input.kind === "journald") continue;
      const patterns =
        input.kind === "docker" ? [join(input.folder, "*", "*-json.log")] : input.patterns;
      for (const pattern of patterns) {
        for (const path of await expand(pattern)) await this.#see(path, input);
      }
    }
    for (const { source } of this.#files.values()) {
      const isThere = (await keyAt(source.path)) === source.key;
      if (isThere) source.movedAt = undefined;
      else source.movedAt ??= this.#scannedAt;
      if (source.movedAt === undefined || this.#scannedAt - source.movedAt < this.#goneMs) continue;
      const { end } = await source.read(this.#scannedAt, { final: true });
      if (end > source.offset) continue;
      await source.close();
      this.#files.delete(source.key);
      this.#options.tell(`${source.path} is gone, and read to its end`);
    }
  }

  async #see(path: string, input: TailInput): Promise<void> {
    if (isPacked(path)) return;
    const key = await keyAt(path);
    if (key === undefined) return;
    const open = this.#files.get(key);
    if (open !== undefined) {
      open.source.path = path;
      return;
    }
    await this.#open(path, input);
  }

  async #open(path: string, input: TailInput, key?: string): Promise<Open | undefined> {
    if (this.#files.size >= MAX_FILES) {
      if (!this.#tooMany) this.#options.tell(`${path} waits: ${MAX_FILES} files are open already`);
      this.#tooMany = true;
      return undefined;
    }
    const source = await FileSource.open(path, input.kind === "docker", key);
    if (source === undefined) return undefined;
    const position = this.#remembered.get(source.key);
    this.#remembered.delete(source.key);
    const resumed = position !== undefined && (await source.resume(position));
    if (position !== undefined && !resumed) {
      this.#cut = [...this.#cut.slice(-MAX_FILES), position];
      this.#options.tell(`${path} is another file than it was, and read anew`);
    } else if (position === undefined && !(await this.#resumeCopy(source))) {
      if (this.#first && this.#options.fromNow === true) await source.skipToEnd();
    }
    const opened = { source, input, isResumed: resumed, ...(await labelsOfFile(path, input)) };
    this.#files.set(source.key, opened);
    return opened;
  }

  /** Goes on in a copy of a file that was read, made before that was cut, where reading it ended. */
  async #resumeCopy(copy: FileSource): Promise<boolean> {
    const open = [...this.#files.values()].map(({ source }) => source.position);
    for (const position of [...open, ...this.#remembered.values(), ...this.#cut]) {
      const isBeside = copy.path.startsWith(position.path) && copy.path !== position.path;
      if (isBeside && position.headBytes > 0 && (await copy.resume(position))) return true;
    }
    return false;
  }

  /** A file that was copied and cut: what was not read of it is in the copy. */
  async #truncated({ source, input }: Open): Promise<void> {
    const { position } = source;
    this.#cut = [...this.#cut.slice(-MAX_FILES), position];
    for (const path of await source.copies()) await this.#see(path, input);
    source.restart();
    this.#options.tell(`${source.path} was cut, and is read from its beginning`);
  }

  /** Files that were renamed while nobody followed them lie beside where they were. */
  async #findMoved(): Promise<void> {
    for (const { key, path } of this.#remembered.values()) {
      const input = this.#options.inputs.find(({ kind }) => kind === "files");
      if (input === undefined) break;
      for (const beside of await expand(`${path.replaceAll(/[*?]/g, "?")}*`)) {
        if (!isPacked(beside) && (await keyAt(beside)) === key)
          await this.#open(beside, input, key);
      }
    }
  }
}
