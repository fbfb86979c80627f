import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isMainThread, Worker } from "node:worker_threads";
import { outsideOfRequests } from "../context.ts";
import { doJob, type Done, type Given, type JobName } from "./jobs.ts";

/** A job on its way to the thread. */
export interface Asked {
  readonly id: number;
  readonly name: JobName;
  readonly given: unknown;
}

/** What became of it. */
export interface Told {
  readonly id: number;
  readonly done?: unknown;
  /** Why it failed. */
  readonly failed?: string;
}

interface Waiting extends Asked {
  readonly resolve: (done: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Most memory of the thread, in MiB; it holds some batches and what they are made from. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 };

/**
 * A thread that does jobs in the order in which they are asked for. Without it, where none is permitted
 * or it has ended, they are done by the caller's.
 */
export class JobThread {
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  /** @param file what the thread runs; undefined for no thread. */
  constructor(file: URL | undefined) {
    if (file === undefined) return;
    try {
      // Neither it nor what it opens belongs to a request.
      outsideOfRequests(() => this.#start(file));
    } catch {
      // Not permitted, or not possible here.
    }
  }

  #start(file: URL): void {
    // What an application has loaded into each of its threads (`--import`) has no business in this one.
    const { NODE_OPTIONS: _, ...env } = process.env;
    const worker = new Worker(file, { name: "seaworthy", execArgv: [], env, resourceLimits });
    const ended = () => this.#ended();
    worker.on("message", (told: Told) => this.#told(told));
    worker.on("error", ended).on("messageerror", ended).on("exit", ended);
    worker.unref();
    this.#worker = worker;
  }

  /** Resolves with what the job returns, and rejects with the error's text when it fails. */
  run<Name extends JobName>(name: Name, given: Given<Name>): Promise<Done<Name>> {
    if (this.#worker === undefined) return doJob(name, given) as Promise<Done<Name>>;
    return new Promise<unknown>((resolve, reject) => {
      this.#last += 1;
      const asked: Asked = { id: this.#last, name, given };
      try {
        this.#worker?.postMessage(asked);
        this.#waiting.set(asked.id, { ...asked, resolve, reject });
      } catch {
        // What was given cannot be cloned.
        resolve(doJob(name, given));
      }
    }) as Promise<Done<Name>>;
  }

  #told({ id, done, failed }: Told): void {
    const job = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (failed === undefined) job?.resolve(done);
    else job?.reject(new Error(failed));
  }

  /** What the thread had not done is done here, as all that comes. */
  #ended(): void {
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#worker = undefined;
    void worker.terminate();
    for (const { name, given, resolve } of this.#waiting.values()) resolve(doJob(name, given));
    this.#waiting.clear();
  }
}

let shared: JobThread | undefined;

/**
 * The thread of all kits of the process, which it starts. It takes milliseconds of work from the
 * application's thread each second, and Node's code for outgoing requests with it: a function that has
 * seen both kinds of messages, ours and the server's, is slower for each.
 */
export function jobThread(): JobThread {
  shared ??= new JobThread(isMainThread ? threadFile() : undefined);
  return shared;
}

/** What the thread runs, where it is beside this file: it is not in a bundle, and not among the sources. */
function threadFile(): URL | undefined {
  try {
    // Not as one expression, in which bundlers would see a file to add.
    const { url } = import.meta;
    const file = new URL("./seaworthy-thread.js", url);
    return existsSync(fileURLToPath(file)) ? file : undefined;
  } catch {
    return undefined; // A bundle has no address, or another kind of one.
  }
}
