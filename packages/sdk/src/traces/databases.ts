import type { Guard } from "../guard.ts";
import { loadedDatabases } from "./loaded.ts";
import { tracePostgres, type PostgresModule } from "./postgres.ts";
import { RedisTraces, type RedisTraced } from "./redis.ts";
import type { Tracer } from "./tracer.ts";

/** The queries and commands of the databases' own clients, as spans. */
export class DatabaseTraces {
  readonly #tracer: Tracer;
  readonly #guard: Guard;
  readonly #redis: RedisTraces;

  constructor(tracer: Tracer, guard: Guard) {
    this.#tracer = tracer;
    this.#guard = guard;
    this.#redis = new RedisTraces(tracer);
  }

  /** Watches the clients that the process has loaded, and those that announce themselves. */
  start(): () => void {
    this.find();
    return this.#redis.listen((error) => this.#guard.caught("trace", error));
  }

  /** Looks again at what is loaded; for what was loaded after the kit. */
  find(): void {
    this.#guard.run("trace", () => this.#find(), undefined);
  }

  postgres(module: PostgresModule): void {
    this.#guard.run("trace", () => tracePostgres(module, this.#tracer), undefined);
  }

  redis(client: RedisTraced): void {
    this.#guard.run("trace", () => this.#redis.client(client), undefined);
  }

  #find(): void {
    for (const [name, exports] of loadedDatabases()) {
      if (name === "pg") {
        if (hasPrototype(exports, "Client")) this.postgres(exports as PostgresModule);
      } else if (hasPrototype(exports, "default"))
        this.redis((exports as { default: { prototype: RedisTraced } }).default.prototype);
    }
  }
}

function hasPrototype(exports: unknown, name: string): boolean {
  const one = (exports as Record<string, unknown> | null | undefined)?.[name];
  return typeof one === "function" && typeof one.prototype === "object";
}
