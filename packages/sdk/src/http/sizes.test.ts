import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { requestBodyBytes, responseBodyBytes } from "./sizes.ts";

function exchange(method = "GET", headers: Record<string, string> = {}) {
  const request = new IncomingMessage(new Socket());
  request.method = method;
  Object.assign(request.headers, headers);
  return { request, response: new ServerResponse(request) };
}

test("a request's size is what it announces, nothing, or unknown", () => {
  const of = (headers: Record<string, string>) =>
    requestBodyBytes(exchange("POST", headers).request);
  expect(of({ "content-length": "12" })).toBe(12);
  expect(of({})).toBe(0);
  expect(of({ "transfer-encoding": "chunked" })).toBeUndefined();
  for (const odd of ["-1", "x", "1e999", "9007199254740993"])
    expect(of({ "content-length": odd, "transfer-encoding": "chunked" })).toBeUndefined();
});

test("a response's size is what it announces, or what was sent", () => {
  const { request, response } = exchange();
  Object.defineProperty(request.socket, "bytesWritten", { value: 150 });
  expect(responseBodyBytes(request, response, 100)).toBe(50);
  response.setHeader("content-length", 7);
  expect(responseBodyBytes(request, response, 100)).toBe(7);
  response.statusCode = 304;
  expect(responseBodyBytes(request, response, 100)).toBe(0);
});

test("an answer to HEAD has no body, whatever it announces", () => {
  const { request, response } = exchange("HEAD");
  response.setHeader("content-length", 7);
  expect(responseBodyBytes(request, response, 0)).toBe(0);
});

test("a connection that does not count gives no size", () => {
  const { request, response } = exchange();
  Object.defineProperty(request.socket, "bytesWritten", { value: undefined });
  expect(responseBodyBytes(request, response, 0)).toBeUndefined();
});
