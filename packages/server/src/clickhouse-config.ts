import { readFile } from "node:fs/promises";
import { z } from "zod";
import { ConfigError, messageOf } from "./model/index.ts";
import type { ServerAddress } from "./store/index.ts";

/** The user and the database where the address names none. */
const USER = "default";
const DATABASE = "seaworthy";

/** `clickhouse` of seaworthy.yml. */
export const clickhouseSchema = z
  .strictObject({
    url: z.string().optional(),
    password_file: z.string().min(1).optional(),
    ca_file: z.string().min(1).optional(),
    cert_file: z.string().min(1).optional(),
    key_file: z.string().min(1).optional(),
    cluster: z
      .string()
      .regex(/^[\w.-]{1,100}$/, "is not the name of a cluster in ClickHouse's remote_servers")
      .optional(),
    max_connections: z.number().int().min(2).max(500).optional(),
  })
  .refine(({ cert_file: cert, key_file: key }) => (cert === undefined) === (key === undefined), {
    message: "cert_file and key_file belong together",
  })
  .refine(
    ({ ca_file: ca, cert_file: cert }) => cert === undefined || ca !== undefined,
    "cert_file needs ca_file beside it",
  )
  .prefault({});

/**
 * The ClickHouse server of the configuration; undefined when there is none: then the embedded engine
 * is used. The environment wins over the file. Throws ConfigError for an address or a file that is not one.
 */
export async function readClickhouse(
  file: string,
  given: z.output<typeof clickhouseSchema>,
  environment: NodeJS.ProcessEnv,
  options: { readonly maxConnections: number; readonly beside: (path: string) => string },
): Promise<ServerAddress | undefined> {
  const named = environment["SEAWORTHY_CLICKHOUSE_URL"];
  const source =
    named === undefined
      ? { file, path: "clickhouse.url" }
      : { file: "environment", path: "SEAWORTHY_CLICKHOUSE_URL" };
  const url = named ?? given.url;
  if (url === undefined) {
    const [idle] = Object.keys(given);
    if (idle === undefined) return undefined;
    throw fault(file, `clickhouse.${idle}`, "needs clickhouse.url, or SEAWORTHY_CLICKHOUSE_URL");
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const database = parsed === undefined ? "" : decodeURIComponent(parsed.pathname.slice(1));
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || database.includes("/")) {
    throw fault(
      source.file,
      source.path,
      "is not the address of ClickHouse's HTTP interface, such as https://user@host:8443/database",
    );
  }
  const read = async (key: "password_file" | "ca_file" | "cert_file" | "key_file") => {
    const path = given[key];
    if (path === undefined) return undefined;
    try {
      return await readFile(options.beside(path));
    } catch (error) {
      throw fault(file, `clickhouse.${key}`, `cannot be read: ${messageOf(error)}`);
    }
  };
  const [secret, ca, cert, key] = [
    await read("password_file"),
    await read("ca_file"),
    await read("cert_file"),
    await read("key_file"),
  ];
  return {
    url: parsed.origin,
    user: decodeURIComponent(parsed.username) || USER,
    password:
      environment["SEAWORTHY_CLICKHOUSE_PASSWORD"] ??
      secret?.toString("utf8").replace(/\r?\n$/, "") ??
      decodeURIComponent(parsed.password),
    database: database || DATABASE,
    cluster: given.cluster,
    maxConnections: given.max_connections ?? options.maxConnections,
    tls:
      ca === undefined
        ? undefined
        : { ca, ...(cert === undefined || key === undefined ? {} : { own: { cert, key } }) },
  };
}

function fault(file: string, path: string, reason: string): ConfigError {
  return new ConfigError([{ file, line: 1, column: 1, path, reason }]);
}
