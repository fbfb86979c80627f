import { readFile } from "node:fs/promises";
import { messageOf } from "../../model/index.ts";
import { ScrapeFault } from "./fault.ts";
import type { HttpClientConfig, SecretSource } from "./http-client-config.ts";

const MAX_SECRET_BYTES = 1024 * 1024;

/** Header fields by lower-case name. */
export type Headers = Record<string, string | string[]>;

/** A section's TLS settings as Node takes them, with the text of its files. */
export async function tlsOptions(tls: HttpClientConfig["tls"]) {
  const read = async (source: SecretSource | undefined) =>
    source === undefined ? undefined : await reveal(source, false);
  const [ca, cert, key] = await Promise.all([tls.ca, tls.cert, tls.key].map(read));
  return {
    rejectUnauthorized: !tls.insecureSkipVerify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    ...(tls.minVersion === undefined ? {} : { minVersion: tls.minVersion }),
    ...(tls.maxVersion === undefined ? {} : { maxVersion: tls.maxVersion }),
  };
}

/**
 * Who asks, and what else the configuration adds to every request. `token` answers a token where the
 * credentials are those of OAuth 2.
 */
export async function secretHeaders(
  http: HttpClientConfig,
  token?: () => Promise<string>,
): Promise<Headers> {
  const headers: Headers = {};
  for (const { name, sources } of http.headers) {
    headers[name] = await Promise.all(sources.map((source) => reveal(source)));
  }
  const { credentials } = http;
  if (credentials === undefined) return headers;
  if (credentials.kind === "header") {
    headers["authorization"] = `${credentials.type} ${await reveal(credentials.credentials)}`;
    return headers;
  }
  if (credentials.kind === "oauth2") {
    if (token !== undefined) headers["authorization"] = `Bearer ${await token()}`;
    return headers;
  }
  const username = await reveal(credentials.username);
  const password = credentials.password === undefined ? "" : await reveal(credentials.password);
  const pair = Buffer.from(`${username}:${password}`).toString("base64");
  return { ...headers, authorization: `Basic ${pair}` };
}

/** A secret's text; that of a file without the blanks around it, unless it is to stay as it is. */
export async function reveal(source: SecretSource, trim = true): Promise<string> {
  if ("value" in source) return source.value.reveal();
  const text = await readSmallFile(source.file);
  return trim ? text.trim() : text;
}

async function readSmallFile(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new ScrapeFault(`a file cannot be read: ${messageOf(error)}`, { cause: error });
  }
  if (text.length > MAX_SECRET_BYTES) throw new ScrapeFault(`${file} is too large for a secret`);
  return text;
}
