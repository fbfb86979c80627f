import type { TestProject } from "vitest/node";
import { startClickHouse, USER } from "../clickhouse-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The ClickHouse server that all tests of a run share. */
    clickhouse: { readonly url: string; readonly user: string; readonly password: string };
  }
}

/** The server of the environment, or the embedded engine behind HTTP. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | void> {
  const given = process.env["SEAWORTHY_TEST_CLICKHOUSE_URL"];
  if (given !== undefined) {
    const { origin, username, password } = new URL(given);
    project.provide("clickhouse", {
      url: origin,
      user: decodeURIComponent(username) || "default",
      password: decodeURIComponent(password),
    });
    return undefined;
  }
  const server = await startClickHouse();
  project.provide("clickhouse", { url: server.url, ...USER });
  return () => server.stop();
}
