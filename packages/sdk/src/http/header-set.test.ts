import { once } from "node:events";
import { createServer, get, ServerResponse, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { HeaderSet } from "./header-set.ts";

const set = new HeaderSet([
  ["X-One", "1"],
  ["x-two", "2"],
  ["x-three", "3"],
]);

/** The lines of the answer as they came, but for the time. */
async function sent(answer: (response: ServerResponse) => void): Promise<readonly string[]> {
  const server = createServer((_, response) => {
    try {
      answer(response);
    } catch (error) {
      response.statusCode = 500;
      response.end(String(error));
    }
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const request = get({ port: (server.address() as AddressInfo).port, agent: false });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  let body = "";
  for await (const chunk of response) body += String(chunk);
  const headers = response.rawHeaders.filter((_, at, all) => all[at - (at % 2)] !== "Date");
  return [String(response.statusCode), ...headers, body];
}

/** What an application does with a response, before and after. */
const uses: Readonly<Record<string, (response: ServerResponse, apply: () => void) => void>> = {
  "nothing else": (response, apply) => {
    apply();
    response.end("x");
  },
  "headers before, of the same name too": (response, apply) => {
    response.setHeader("x-zero", "0");
    response.setHeader("X-TWO", ["a", "b"]);
    apply();
    response.end("x");
  },
  "replaced, removed and added": (response, apply) => {
    apply();
    response.setHeader("X-Two", "mine");
    response.removeHeader("X-ONE");
    response.appendHeader("x-three", "4");
    response.setHeader("x-four", "4");
    response.end("x");
  },
  "all removed, and applied once more": (response, apply) => {
    apply();
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    apply();
    response.end("x");
  },
  "writeHead with others": (response, apply) => {
    apply();
    response.writeHead(404, "None", { "x-one": "mine", "content-length": 1 }).end("x");
  },
  "looked at": (response, apply) => {
    apply();
    const names = ["X-One", "constructor", "x-last"];
    response.end(
      JSON.stringify([
        response.getHeaders(),
        response.getHeaderNames(),
        names.map((name) => [response.hasHeader(name), response.getHeader(name) ?? null]),
      ]),
    );
  },
  "an answer that has begun": (response, apply) => {
    response.write("x");
    try {
      apply();
    } catch (error) {
      response.end((error as { code: string }).code);
    }
  },
};

test.each(Object.entries(uses))("all at once as one by one: %s", async (_, use) => {
  const atOnce = await sent((response) => use(response, () => set.apply(response, "x-last", "9")));
  const oneByOne = await sent((response) =>
    use(response, () => set.applyOneByOne(response, "x-last", "9")),
  );
  expect(atOnce).toEqual(oneByOne);
  expect(atOnce.join()).toMatch(/x-last|HEADERS_SENT/);
});

test("whoever watches setHeader of a response sees each header", async () => {
  const seen: string[] = [];
  await sent((response) => {
    const setHeader = response.setHeader.bind(response);
    response.setHeader = (name, value) => {
      seen.push(name);
      return setHeader(name, value);
    };
    set.apply(response, "x-last", "9");
    response.end();
  });
  expect(seen).toEqual(["X-One", "x-two", "x-three", "x-last"]);
});

test("what is no response of Node's HTTP/1 gets them one by one", () => {
  const seen: string[] = [];
  const other = { headersSent: false, setHeader: (name: string) => seen.push(name) };
  set.apply(other as never);
  expect(seen).toEqual(["X-One", "x-two", "x-three"]);
});

test("a header that cannot be sent is refused when the set is made", () => {
  expect(() => new HeaderSet([["x-a", "1\r\nx-b: 2"]])).toThrow(/Invalid character/);
});
