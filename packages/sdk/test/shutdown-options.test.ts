/** `gracefulShutdown` with what applications give it, right and wrong. */
import "reflect-metadata";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Controller, Get, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import express from "express";
import { expect, test } from "vitest";
import { createKit, gracefulShutdown, type ShutdownOptions } from "../src/index.ts";
import { LogLines } from "./log-lines.ts";

function begin(options: object) {
  const logs = new LogLines();
  const kit = createKit({ logs: { destination: logs }, metrics: { processMetrics: false } });
  const codes: number[] = [];
  const shutdown = gracefulShutdown(kit, {
    exit: (code) => codes.push(code),
    signals: [],
    readyDelayMs: 0,
    ...(options as ShutdownOptions),
  });
  return {
    shutdown,
    codes,
    problems: logs.lines.flatMap(({ problem }) => (typeof problem === "string" ? problem : [])),
  };
}

test("what is no server is said at once, and the rest of the shutdown is done", async () => {
  for (const server of [express(), undefined, null, 7, {}, { server: 7, close: async () => {} }]) {
    const closed: string[] = [];
    const { shutdown, codes, problems } = begin({ server, close: () => closed.push("pool") });
    expect(problems.join()).toContain("server must be a server of node:http (Express and Koa:");
    expect(await shutdown.begin()).toBe(0);
    expect([closed, codes]).toEqual([["pool"], [0]]);
  }
});

test("options that are misspelt or of a wrong kind are said", async () => {
  const server = express().listen(0);
  await once(server, "listening");
  const { shutdown, problems } = begin({
    server,
    timeout: 5,
    timeoutMs: "5s",
    signals: ["SIGWRONG"],
    close: "pool",
  });
  shutdown.dispose();
  expect(problems).toEqual([
    'gracefulShutdown: there is no option "timeout"; there are server, disconnect, close, readyDelayMs, timeoutMs, signals, exit',
    "gracefulShutdown: close is of a wrong kind; using its default",
    "gracefulShutdown: timeoutMs is of a wrong kind; using its default",
    "gracefulShutdown: signals is of a wrong kind; using its default",
  ]);
  expect(await shutdown.begin("SIGINT")).toBe(0);
  expect(server.listening).toBe(false);
});

test("NestJS: requests under way end before what its modules use", async () => {
  const order: string[] = [];
  let reached: () => void = () => {};
  const arrived = new Promise<void>((resolve) => (reached = resolve));
  class Slow {
    async answer() {
      reached();
      await new Promise((resolve) => setTimeout(resolve, 50));
      order.push("answered");
      return "done";
    }
    onModuleDestroy() {
      order.push("destroyed");
    }
  }
  // What decorators do.
  const method = Object.getOwnPropertyDescriptor(Slow.prototype, "answer") as PropertyDescriptor;
  Get("slow")(Slow.prototype, "answer", method);
  Controller()(Slow);
  class Root {
    readonly name = "root";
  }
  Module({ controllers: [Slow] })(Root);
  const app = await NestFactory.create(Root, { logger: false });
  const { shutdown, codes, problems } = begin({ server: app, close: () => order.push("closed") });
  await app.listen(0, "127.0.0.1");
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  const answer = once(get(`http://127.0.0.1:${port}/slow`), "response");
  await arrived;
  const ended = shutdown.begin();
  const [response] = (await answer) as [IncomingMessage];
  expect(await text(response)).toBe("done");
  expect(await ended).toBe(0);
  expect(order).toEqual(["answered", "destroyed", "closed"]);
  expect([codes, problems]).toEqual([[0], []]);
});
