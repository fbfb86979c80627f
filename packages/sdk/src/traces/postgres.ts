import { AsyncResource } from "node:async_hooks";
import { currentContext } from "../context.ts";
import { newSpanId } from "./ids.ts";
import { textOf } from "../errors/exception.ts";
import type { Tracer } from "./tracer.ts";

/** The package `pg`, as far as it is used here. */
export interface PostgresModule {
  readonly Client: { readonly prototype: { query: (...args: never[]) => unknown } };
}

const traced = Symbol.for("seaworthy.traced");
/** The words that statements begin with; others are told as OTHER. */
const operations =
  /^\s*(SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|BEGIN|COMMIT|ROLLBACK|COPY|CREATE|ALTER|DROP|TRUNCATE|CALL|SET|LISTEN|NOTIFY)\b/i;

/**
 * Makes a span of each query of `pg` that a request asks for, also through pools. The text of the
 * query stays here: it may hold values.
 */
export function tracePostgres(postgres: PostgresModule, tracer: Tracer): void {
  const { prototype } = postgres.Client;
  const original = prototype.query as ((...args: unknown[]) => unknown) & { [traced]?: true };
  if (original[traced] === true) return;

  const query = function (this: unknown, ...args: unknown[]): unknown {
    const context = currentContext();
    const text = textOfQuery(args[0]);
    // Cursors and streams end when they are read to their end, which is not seen here.
    if (context === undefined || text === undefined) return original.apply(this, args);
    const startedAt = performance.now();
    const operation = (operations.exec(text)?.[1] ?? "OTHER").toUpperCase();
    const end = (error: unknown) =>
      tracer.record(context, newSpanId(), {
        name: operation,
        kind: "client",
        startedAt,
        attributes: {
          "db.system.name": "postgresql",
          "db.operation.name": operation,
          "db.response.status_code": codeOf(error),
        },
        error: error === undefined || error === null ? undefined : textOf(error),
      });
    const last = args.length - 1;
    const callback = args[last];
    if (typeof callback === "function") {
      // pg calls back from the connection's events, which belong to whoever opened it.
      args[last] = AsyncResource.bind((error: unknown, result: unknown) => {
        end(error);
        return callback(error, result) as unknown;
      });
      return original.apply(this, args);
    }
    const result = original.apply(this, args);
    if (!(result instanceof Promise)) return result;
    // The caller gets what follows ours: a rejection that nobody handles must stay one.
    return result.then(
      (rows: unknown) => {
        end(undefined);
        return rows;
      },
      (error: unknown) => {
        end(error);
        throw error;
      },
    );
  };
  prototype.query = Object.assign(query, { [traced]: true as const });
}

function textOfQuery(query: unknown): string | undefined {
  if (typeof query === "string") return query;
  if (typeof query !== "object" || query === null || "submit" in query) return undefined;
  return "text" in query && typeof query.text === "string" ? query.text : undefined;
}

/** PostgreSQL's own code of an error: https://www.postgresql.org/docs/current/errcodes-appendix.html */
function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
