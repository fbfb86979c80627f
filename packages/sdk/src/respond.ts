/**
 * What the kit says in responses of Node's. A middleware before it may have answered and gone on all the
 * same: then there is nothing to add, and nothing is thrown for that.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { sendAnswer, type Answer } from "./http/answer.ts";

/** Sets a header, where headers can still be set. */
export function setHeader(response: ServerResponse, name: string, value: string): void {
  if (!response.headersSent) response.setHeader(name, value);
}

/** Answers, where nobody else has. */
export function respond(answer: Answer, request: IncomingMessage, response: ServerResponse): void {
  if (!response.headersSent) sendAnswer(answer, request, response);
}
