import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import fc from "fast-check";
import Fastify from "fastify";
import { expect, expectTypeOf, onTestFinished, test } from "vitest";
import { z } from "zod";
import { checkRequest, email, safeText, uuid, validated, validatedFastify } from "./index.ts";

const schemas = {
  params: z.object({ id: uuid() }),
  query: z.object({ sort: z.enum(["name", "age"]).default("name") }),
  body: z.strictObject({
    email: email(),
    name: safeText({ max: 10 }),
    age: z.int().min(18),
    token: z.string().regex(/^tok_/),
    tags: z.array(z.string()).max(2),
  }),
};
const id = "0190a3f2-7b5c-7abc-8def-0123456789ab";
const good = { email: "Ada@Example.com", name: "Ada", age: 36, token: "tok_1", tags: ["a"] };

const frameworks = {
  Express: async () => {
    const app = express();
    app.use(express.json());
    const handler = validated(schemas, (input, _request, response: express.Response) => {
      expectTypeOf(input.body.age).toEqualTypeOf<number>();
      expectTypeOf(input.headers).toEqualTypeOf<undefined>();
      if (input.body.name === "broken") throw new Error("the handler's own");
      response.json(input);
    });
    app.post("/users/:id", handler);
    app.use(((_error, _request, response, _next) => {
      response.status(500).json({ own: true });
    }) satisfies express.ErrorRequestHandler);
    const server = createServer(app as RequestListener).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
  Fastify: async () => {
    const app = Fastify();
    const handler = validatedFastify(schemas, (input) => {
      if (input.body.name === "broken") throw new Error("the handler's own");
      return input;
    });
    app.post("/users/:id", handler);
    onTestFinished(() => app.close());
    return app.listen({ port: 0, host: "127.0.0.1" });
  },
};

test.each(Object.entries(frameworks))(
  "%s: handlers get what the schemas made",
  async (_, start) => {
    const url = await start();
    const post = (path: string, body: unknown) =>
      fetch(url + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const taken = await post(`/users/${id.toUpperCase()}?sort=age`, good);
    expect(await taken.json()).toEqual({
      params: { id },
      query: { sort: "age" },
      body: { ...good, email: "ada@example.com" },
    });
    const refused = await post("/users/1?sort=secret1", {
      email: "secret2",
      name: "secret3 is longer than ten",
      age: 3,
      token: "secret4",
      tags: ["a", 5],
      secret5: 1,
    });
    expect(refused.status).toBe(400);
    expect(refused.headers.get("content-type")).toContain("application/problem+json");
    const text = await refused.text();
    expect(text).not.toContain("secret");
    expect(JSON.parse(text)).toEqual({
      type: "about:blank",
      title: "The request is not valid",
      status: 400,
      errors: [
        { pointer: "#/params/id", detail: "must have the form uuid" },
        { pointer: "#/query/sort", detail: "must be one of name, age" },
        { pointer: "#/body/email", detail: "must be an e-mail address" },
        { pointer: "#/body/name", detail: "must have at most 10 characters" },
        { pointer: "#/body/age", detail: "must be at least 18" },
        { pointer: "#/body/token", detail: "has the wrong form" },
        { pointer: "#/body/tags/1", detail: "must be of type string" },
        { pointer: "#/body", detail: "has keys that are not known" },
      ],
    });
    expect((await post(`/users/${id}`, { ...good, name: "broken" })).status).toBe(500);
  },
);

test("an application's own message that repeats the value is not sent", async () => {
  const body = z.object({
    a: z.string().refine(() => false, { error: (issue) => `${String(issue.input)} is taken` }),
    b: z.string().refine(() => false, "is taken"),
  });
  const checked = await checkRequest({ body }, { body: { a: "hunter2", b: "hunter3" } });
  expect(checked.ok ? "" : checked.problem.body).toContain('"detail":"is not valid"');
  expect(checked.ok ? "" : checked.problem.body).toContain('"detail":"is taken"');
  expect(checked.ok ? "" : checked.problem.body).not.toContain("hunter");
});

test("a message about several fields is sent, unless it repeats one of them", async () => {
  const fields = z.object({ password: z.string(), repeated: z.string() });
  const details = async (body: z.ZodType, sent: unknown) => {
    const checked = await checkRequest({ body }, { body: sent });
    return checked.ok ? "" : checked.problem.body;
  };
  const sent = { password: "Hunter2", repeated: "hunter3" };
  const same = fields.refine((all) => all.password === all.repeated, "the passwords differ");
  expect(await details(same, sent)).toContain('"detail":"the passwords differ"');
  for (const path of [[], ["repeated"]]) {
    const telling = fields.superRefine((all, context) => {
      context.addIssue({ code: "custom", path, message: `not ${all.password.toUpperCase()}` });
    });
    expect(await details(telling, sent)).toContain('"detail":"is not valid"');
    const many = { ...sent, password: "x", others: Array.from({ length: 3_000 }, String) };
    expect(await details(telling, many)).toContain('"detail":"is not valid"');
  }
  const keys = z.record(z.string().regex(/^a/), z.string());
  expect(await details(keys, { hunter2: "" })).toContain('"pointer":"#/body/*"');
});

test("bounds are told as they are meant", async () => {
  const body = z.object({
    more: z.number().positive(),
    less: z.number().lt(5),
    from: z.date().min(new Date("2020-01-01")),
    begin: z.string().startsWith("sk_"),
    end: z.string().endsWith(".png"),
    with: z.string().includes("@"),
    exact: z.string().length(3),
    items: z.array(z.string()).min(2),
  });
  const checked = await checkRequest(
    { body },
    {
      body: {
        more: 0,
        less: 5,
        from: new Date(0),
        begin: "a",
        end: "a",
        with: "a",
        exact: "a",
        items: [],
      },
    },
  );
  const { errors } = JSON.parse(checked.ok ? "{}" : checked.problem.body) as {
    errors: { pointer: string; detail: string }[];
  };
  expect(errors.map(({ detail }) => detail)).toEqual([
    "must be more than 0",
    "must be less than 5",
    "must be at least 2020-01-01T00:00:00.000Z",
    "must begin with sk_",
    "must end with .png",
    "must contain @",
    "must be exactly 3 characters",
    "must be at least 2 items",
  ]);
});

test("whatever is sent, no text of it is in the answer", async () => {
  const body = z.object({
    a: z.record(z.string(), z.int()),
    b: z.discriminatedUnion("kind", [z.object({ kind: z.literal("x") })]),
    c: z.union([z.int(), z.iso.date()]),
    d: email(),
  });
  const secret = fc.string({ minLength: 3, maxLength: 10 }).map((text) => `§${text}`);
  const anything = fc.oneof(
    secret,
    fc.dictionary(secret, secret, { maxKeys: 3 }),
    fc.array(secret),
  );
  await fc.assert(
    fc.asyncProperty(anything, anything, secret, secret, async (a, kind, c, d) => {
      const checked = await checkRequest({ body }, { body: { a, b: { kind }, c, d } });
      expect(checked.ok).toBe(false);
      expect(checked.ok ? "" : checked.problem.body).not.toContain("§");
    }),
    { numRuns: 500 },
  );
});

test("no more than twenty faults are told", async () => {
  const body = z.array(z.string());
  const checked = await checkRequest({ body }, { body: Array.from({ length: 100 }, () => 1) });
  const { errors } = JSON.parse(checked.ok ? "{}" : checked.problem.body) as { errors: unknown[] };
  expect(errors).toHaveLength(20);
});
