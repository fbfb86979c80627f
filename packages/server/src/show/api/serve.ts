import type { Operation } from "@seaworthy/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { RequestError, ShowError } from "../errors.ts";
import "../request.ts";

/** What a handler is given: the parts of the request as its operation's schemas made them. */
export interface Given<O extends Operation> {
  readonly params: z.output<O["params"]>;
  readonly query: z.output<O["query"]>;
  readonly body: z.output<O["body"]>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

type Handler<O extends Operation> = (given: Given<O>) => Promise<z.input<O["answer"]>>;

/** Registers one operation. */
export type Serve = <O extends Operation>(
  operation: O,
  handler: Handler<O>,
  options?: { readonly bodyLimit?: number },
) => void;

const MAX_REFUSALS = 20;

/**
 * Answers the way to register operations of the contract: who may use one, what it takes and what it
 * answers is read off the operation. With `checkAnswers`, an answer that its schema refuses is an
 * error: for tests, since it costs as much as the answer is long.
 */
export function serveOn(app: FastifyInstance, checkAnswers: boolean): Serve {
  return <O extends Operation>(operation: O, handler: Handler<O>, options = {}) => {
    app.route({
      method: operation.method,
      url: operation.path,
      config: { access: operation.access },
      ...options,
      handler: async (request, reply) => {
        const refused: { field: string; reason: string }[] = [];
        function read<S extends z.ZodType>(part: string, schema: S, value: unknown): z.output<S> {
          const parsed = schema.safeParse(value);
          if (parsed.success) return parsed.data;
          for (const issue of parsed.error.issues.slice(0, MAX_REFUSALS)) {
            const field = [part, ...issue.path.map(String)].join(".");
            refused.push({ field, reason: issue.message });
          }
          // Never used: what was refused is thrown before the handler runs.
          return undefined as z.output<S>;
        }
        const params = read<O["params"]>("path", operation.params, request.params);
        const query = read<O["query"]>("query", operation.query, request.query);
        const body = read<O["body"]>("body", operation.body, request.body ?? {});
        if (refused.length > 0) throw new RequestError(refused);
        const answer = await handler({ params, query, body, request, reply });
        if (checkAnswers) {
          const checked = operation.answer.safeParse(answer);
          if (!checked.success) {
            throw new ShowError(
              "answer_broke_contract",
              500,
              `${operation.method} ${operation.path}: ${checked.error.message}`,
            );
          }
        }
        return reply.code(operation.status).send(answer);
      },
    });
  };
}
