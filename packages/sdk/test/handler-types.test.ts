/** Handlers that name no types of their framework's: the compiler is the test, and runs before. */
import { Router } from "@koa/router";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import { expect, test } from "vitest";
import { z } from "zod";
import {
  validated,
  validatedFastify,
  validatedHono,
  validatedKoa,
} from "../src/validation/index.ts";

const schemas = { params: z.object({ id: z.string() }), body: z.object({ name: z.string() }) };
const request = {
  method: "POST",
  body: JSON.stringify({ name: "Ada" }),
  headers: { "content-type": "application/json" },
} as const;

test("what handlers use of their framework's objects is there without naming its types", async () => {
  const hono = new Hono<{ Variables: { user: string } }>();
  hono.post(
    "/users/:id",
    validatedHono(schemas, (input, context) => context.json(input.body.name, 201)),
  );
  const answer = await hono.request("/users/1", request);
  expect([answer.status, await answer.json()]).toEqual([201, "Ada"]);

  const fastify = Fastify();
  fastify.post(
    "/users/:id",
    validatedFastify(schemas, (input, { ip }, reply) =>
      reply.code(201).header("x-from", ip).send(input.body),
    ),
  );
  const reply = await fastify.inject({ ...request, url: "/users/1" });
  expect([reply.statusCode, reply.json(), reply.headers["x-from"]]).toEqual([
    201,
    { name: "Ada" },
    "127.0.0.1",
  ]);

  express().post(
    "/users/:id",
    express.json(),
    validated(schemas, (input, { path }, response) => {
      response.status(201).set("x-from", path).json(input.body.name);
    }),
  );
  new Router().post(
    "/users/:id",
    validatedKoa(schemas, (input, context) => {
      context.status = 201;
      context.body = input.body.name;
    }),
  );
});
