import { tracingChannel } from "node:diagnostics_channel";
import { currentContext, type Context } from "../context.ts";
import { textOf } from "../errors/exception.ts";
import { newSpanId } from "./ids.ts";
import type { Tracer } from "./tracer.ts";

/** A client of `ioredis` or `redis`, as far as it is used here. */
export interface RedisTraced {
  sendCommand(...args: never[]): unknown;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** What the clients say of a command on their channels; one object from its start to its end. */
interface CommandMessage {
  readonly command?: unknown;
  /** Of several commands at once, which redis does not announce one by one when it is `MULTI`. */
  readonly batchMode?: unknown;
  readonly error?: unknown;
}

const traced = Symbol.for("seaworthy.traced");
/**
 * True while a watched method runs, whose command may be announced as well. Of the process: what one
 * kit watches another may hear of.
 */
let inside = false;
const channels = ["ioredis:command", "node-redis:command", "node-redis:batch"] as const;
/** How redis sends a transaction, in its versions 4 and 5 and later. */
const transactions = ["multiExecutor", "_executeMulti"] as const;

/**
 * Makes a span of each command that a request sends to Redis. Of a command there is its name, never
 * its keys and values. Clients that announce their commands (ioredis 5.11 and redis 5.12 or later)
 * need nothing else; older ones are given to {@link RedisTraces.client}.
 */
export class RedisTraces {
  readonly #tracer: Tracer;
  readonly #pending = new WeakMap<object, (error: unknown) => void>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** Listens to what clients announce. Returns what stops it. */
  listen(caught: (error: unknown) => void): () => void {
    const guarded = (listen: (message: CommandMessage) => void) => (message: object) => {
      try {
        listen(message);
      } catch (error) {
        caught(error);
      }
    };
    const end = guarded((message) => {
      const ended = this.#pending.get(message);
      this.#pending.delete(message);
      ended?.(message.error);
    });
    const handlers = {
      start: guarded((message) => {
        const { command, batchMode } = message;
        if (command === undefined && batchMode !== "MULTI") return;
        const ended = this.#begin(command ?? batchMode);
        if (ended !== undefined) this.#pending.set(message, ended);
      }),
      // What was thrown at once ends here; everything else when its promise is settled.
      end: guarded((message) => {
        if (message.error !== undefined) end(message);
      }),
      asyncStart: end,
      asyncEnd: () => {},
      error: () => {},
    };
    for (const name of channels) tracingChannel(name).subscribe(handlers);
    return () => {
      for (const name of channels) tracingChannel(name).unsubscribe(handlers);
    };
  }

  /** Watches all clients of the class of this one (or of this prototype). */
  client(client: RedisTraced): void {
    const prototype = ownerOf(client, "sendCommand");
    if (prototype === undefined || prototype[traced] === true) return;
    Object.defineProperty(prototype, traced, { value: true });
    this.#wrap(prototype, "sendCommand", nameOf);
    for (const key of transactions)
      if (typeof prototype[key] === "function") this.#wrap(prototype, key, () => "MULTI");
    // redis 4 has a method for each command that does not go through sendCommand.
    if (typeof prototype["commandsExecutor"] !== "function") return;
    const commands = new Map<string, string>();
    for (const key of Object.getOwnPropertyNames(prototype))
      if (/^[A-Z][A-Z_]*$/.test(key)) commands.set(key.replaceAll("_", ""), key);
    for (const key of Object.getOwnPropertyNames(prototype)) {
      const command = commands.get(key.replaceAll("_", "").toUpperCase());
      if (command !== undefined && typeof prototype[key] === "function")
        this.#wrap(prototype, key, () => command.replaceAll("_", " "));
    }
  }

  #wrap(prototype: Prototype, key: string, name: (args: readonly unknown[]) => unknown): void {
    const original = prototype[key] as Method;
    const begin = (args: readonly unknown[]) => this.#begin(name(args));
    prototype[key] = function (this: unknown, ...args: unknown[]): unknown {
      const end = begin(args);
      if (end === undefined) return original.apply(this, args);
      const result = within(() => original.apply(this, args));
      // Beside the caller's own: what the caller gets must stay the client's own promise.
      if (result instanceof Promise)
        result.then(
          () => end(undefined),
          (error: unknown) => end(error),
        );
      return result;
    };
  }

  /** A command begins; undefined where no request sends it. */
  #begin(command: unknown): ((error: unknown) => void) | undefined {
    const context = inside ? undefined : currentContext();
    if (context === undefined || context.trace.foreign) return undefined;
    const operation = operationOf(command);
    const startedAt = performance.now();
    return (error) => this.#end(context, operation, startedAt, error);
  }

  #end(context: Context, operation: string, startedAt: number, error: unknown): void {
    const failed = error !== undefined && error !== null;
    const code = failed ? codeOf(error) : undefined;
    this.#tracer.record(context, newSpanId(), {
      name: operation,
      kind: "client",
      startedAt,
      attributes: {
        "db.system.name": "redis",
        "db.operation.name": operation,
        "db.response.status_code": code,
      },
      // What Redis answers may repeat what was sent; its first word does not.
      error: failed ? (code ?? textOf(error)) : undefined,
    });
  }
}

type Prototype = Record<PropertyKey, unknown>;

/** The object, or the one that it inherits from, which has the method itself. */
function ownerOf(object: object, method: string): Prototype | undefined {
  for (let one: object | null = object; one !== null; one = Object.getPrototypeOf(one) as object)
    if (Object.hasOwn(one, method)) return one as Prototype;
  return undefined;
}

function within<T>(action: () => T): T {
  const before = inside;
  inside = true;
  try {
    return action();
  } finally {
    inside = before;
  }
}

/** ioredis sends an object with a name; redis sends a list that begins with it. */
function nameOf([command]: readonly unknown[]): unknown {
  if (Array.isArray(command)) return command[0];
  if (typeof command === "object" && command !== null && "name" in command) return command.name;
  return undefined;
}

function operationOf(command: unknown): string {
  const name = typeof command === "string" ? command.toUpperCase() : "";
  return /^[A-Z][A-Z0-9._ -]{0,40}$/.test(name) ? name : "OTHER";
}

/** `WRONGTYPE`, of "WRONGTYPE Operation against a key holding the wrong kind of value". */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? /^[A-Z]{2,20}(?= )/.exec(error.message)?.[0] : undefined;
}
