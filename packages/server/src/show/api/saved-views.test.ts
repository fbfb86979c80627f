import { expect, it } from "vitest";
import { testServer } from "../../../test/http.ts";

it("keeps views under names for everybody, and replaces those of the same name", async () => {
  const server = await testServer({});
  const [read, write] = [await server.token("read"), await server.token("write")];
  const ask = async (method: string, path: string, token: string, body?: object) => {
    const response = await fetch(`${server.url}/api/views${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const errors = { screen: "logs", name: "Errors", search: "q=%7Ba%3D%22b%22%7D&from=now-1h" };
  const saved = await ask("PUT", "", write, errors);
  expect(saved).toMatchObject({ status: 200, body: errors });
  const again = await ask("PUT", "", write, { ...errors, search: "q=x" });
  expect(again.body["id"]).toBe(saved.body["id"]);
  await ask("PUT", "", write, { ...errors, name: "All" });
  const { body } = await ask("GET", "?screen=logs", read);
  expect(body).toMatchObject({
    views: [{ name: "All" }, { name: "Errors", search: "q=x", savedBy: expect.any(String) }],
  });
  expect((await ask("GET", "?screen=traces", read)).body).toEqual({ views: [] });
  expect((await ask("PUT", "", read, errors)).status).toBe(403);
  expect((await ask("PUT", "", write, { ...errors, name: "" })).status).toBe(400);
  const gone = `/${String(saved.body["id"])}`;
  expect((await ask("DELETE", gone, write)).status).toBe(200);
  expect((await ask("DELETE", gone, write)).status).toBe(200);
  expect((await ask("GET", "?screen=logs", read)).body).toMatchObject({ views: [{ name: "All" }] });
  await server.close();
});
