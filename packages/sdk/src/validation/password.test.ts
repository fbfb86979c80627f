import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import * as spanish from "@zxcvbn-ts/language-es-es";
import { expect, onTestFinished, test } from "vitest";
import { password, timesBreached, type PasswordOptions } from "./password.ts";

async function read(text: string, options: PasswordOptions = {}) {
  const result = await password(options).safeParseAsync(text);
  return result.success ? "taken" : `refused: ${result.error.issues[0]?.message}`;
}

test.each([
  ["correct horse battery staple", "taken"],
  ["vK8#mQ2!xZ", "taken"],
  ["Bücher-Regal 1987 grün", "taken"],
  ["password", "refused: is too easy to guess"],
  ["P@ssw0rd!", "refused: is too easy to guess"],
  ["qwertyuiop", "refused: is too easy to guess"],
  ["aaaaaaaaaaaaaaa", "refused: is too easy to guess"],
  ["short1!", "refused: must have at least 8 characters"],
  ["x".repeat(129), "refused: must have at most 128 bytes"],
  ["ü".repeat(65), "refused: must have at most 128 bytes"],
])("%j: %s", async (text, outcome) => {
  expect(await read(text)).toBe(outcome);
});

test("words and dictionaries of the application's own make passwords weaker", async () => {
  expect(await read("zyxommakwolla")).toBe("taken");
  expect(await read("zyxommakwolla", { words: ["Zyxomma", "kwolla"] })).toMatch(/^refused/);
  expect(await read("contraseñas1")).toBe("taken");
  expect(await read("contraseñas1", { dictionaries: spanish.dictionary })).toMatch(/^refused/);
});

test("what is to be hashed is composed, so that it matches from every keyboard", () => {
  expect(password({ minScore: 0 }).parse("u\u0308ber alles Maß")).toBe("über alles Maß");
});

test("characters made to keep the estimator busy do not: beyond 32 nothing is looked at", async () => {
  // The estimate of the whole would take more than a second each.
  const parse = (tail: string) => password({ minScore: 0 }).parse(`${"aZ3$".repeat(8)}${tail}`);
  expect(parse("")).toHaveLength(32);
  expect(parse("aZ3$".repeat(24))).toHaveLength(128);
});

/** A breach list that knows one password, and what it was asked. */
async function breachList(known: string, answer = 200) {
  const asked: IncomingMessage[] = [];
  const hash = createHash("sha1").update(known).digest("hex").toUpperCase();
  const server = createServer((request, response) => {
    asked.push(request);
    response.writeHead(answer);
    const padding = `${"0".repeat(35)}:0\r\n`;
    if (request.url === `/${hash.slice(0, 5)}`) response.write(`${hash.slice(5)}:42\r\n`);
    response.end(padding);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

test("the breach list is asked for five digits of a hash, and nothing more", async () => {
  const leaked = "correct horse battery staple";
  const { asked, endpoint } = await breachList(leaked);
  expect(await timesBreached(leaked, { endpoint })).toBe(42);
  expect(await timesBreached("another good passphrase", { endpoint })).toBe(0);
  expect(asked.map(({ url }) => url)).toEqual([
    expect.stringMatching(/^\/[0-9A-F]{5}$/),
    expect.stringMatching(/^\/[0-9A-F]{5}$/),
  ]);
  expect(asked[0]?.headers["add-padding"]).toBe("true");
  expect(await read(leaked, { breachList: { endpoint } })).toBe("refused: is known from a breach");
  expect(await read("vK8#mQ2!xZ", { breachList: { endpoint } })).toBe("taken");
});

test("a breach list that does not answer is what the application says it is", async () => {
  const { endpoint } = await breachList("x", 503);
  await expect(timesBreached("x", { endpoint })).rejects.toThrow("answered 503");
  const strong = "vK8#mQ2!xZ";
  expect(await read(strong, { breachList: { endpoint } })).toBe("taken");
  expect(await read(strong, { breachList: { endpoint }, onBreachListFailure: "refuse" })).toBe(
    "refused: is known from a breach",
  );
});
