import type { FastifyReply, FastifyRequest } from "fastify";
import { page } from "./pages/layout.ts";
import type { Frame } from "./pages/layout.ts";
import { problemContent } from "./pages/shop-pages.ts";

/** Whether the caller is a person with a browser rather than a program. */
export function wantsHtml(request: FastifyRequest): boolean {
  return request.headers.accept?.includes("text/html") ?? false;
}

/** Answers with an error: a page for people, problem details (RFC 9457) for programs. */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: { readonly status: number; readonly title: string; readonly detail: string },
  frame: Omit<Frame, "title">,
): FastifyReply {
  reply.code(problem.status);
  if (wantsHtml(request))
    return reply
      .type("text/html; charset=utf-8")
      .send(
        page({ ...frame, title: problem.title }, problemContent(problem.title, problem.detail)),
      );
  return reply.type("application/problem+json").send(JSON.stringify(problem));
}
