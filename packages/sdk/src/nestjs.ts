import type { FastifyInstance } from "fastify";
import { currentContext } from "./context.ts";
import { seaworthy as expressMiddleware } from "./express.ts";
import { seaworthy as fastifyPlugin } from "./fastify.ts";
import { Exchange } from "./http/exchange.ts";
import { kitOf, type Kit } from "./kit.ts";
import type { KitOptions } from "./options.ts";

export interface SeaworthyNestOptions extends KitOptions {
  /** A kit made with `createKit`, when something needs it before the application exists. */
  readonly kit?: Kit;
}

/** A stream of RxJS, as far as an operator needs it. */
interface Stream {
  subscribe(observer: Observer): unknown;
}

interface Observer {
  next(value: unknown): void;
  error(error: unknown): void;
  complete(): void;
}

/** What is used of a Nest application, on either of its platforms. */
interface NestApplication {
  getHttpAdapter(): { getType(): string; getInstance(): unknown };
  use(...middleware: unknown[]): unknown;
  useGlobalInterceptors(interceptor: {
    intercept(context: unknown, next: { handle(): never }): never;
  }): unknown;
}

/**
 * Watches a Nest application, on Express and on Fastify. Call it between `NestFactory.create` and
 * `listen`: `const kit = await seaworthy(app, { service: "shop" })`.
 */
export async function seaworthy(
  app: NestApplication,
  options: SeaworthyNestOptions = {},
): Promise<Kit> {
  const kit = kitOf(options);
  const adapter = app.getHttpAdapter();
  if (adapter.getType() === "fastify")
    await (adapter.getInstance() as FastifyInstance).register(fastifyPlugin, { kit });
  else app.use(expressMiddleware({ kit }));
  // Nest's filters answer errors themselves, so that neither platform sees them.
  app.useGlobalInterceptors({
    intercept: (_context: unknown, next: { handle(): Stream }) => noting(next.handle()) as never,
  });
  return kit;
}

/** The same stream, whose error is also the exchange's. */
function noting(stream: Stream): Stream {
  const trace = currentContext()?.trace;
  if (!(trace instanceof Exchange)) return stream;
  // Made by the stream's own class: the kit does not depend on RxJS.
  const { constructor } = stream as unknown as {
    constructor: new (subscribe: (observer: Observer) => unknown) => Stream;
  };
  return new constructor((observer) =>
    stream.subscribe({
      next: (value) => observer.next(value),
      error: (error) => {
        trace.error = error;
        observer.error(error);
      },
      complete: () => observer.complete(),
    }),
  );
}
