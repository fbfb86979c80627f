import type { HttpConfig } from "../../config/http-client.ts";
import { secretOf, readSecret } from "./secrets.ts";

/** Header fields by lower-case name. */
export type Headers = Record<string, string | string[]>;

/** Where tokens of OAuth 2 come from. */
export interface Tokens {
  get(settings: NonNullable<HttpConfig["oauth2"]>): Promise<string>;
}

/** The header fields that say who we are, and those that the configuration adds. */
export async function headersOf(http: HttpConfig, tokens: Tokens): Promise<Headers> {
  const headers: Headers = {};
  for (const [name, { values, secrets, files }] of Object.entries(http.http_headers)) {
    const fromFiles = await Promise.all(files.map(readSecret));
    headers[name.toLowerCase()] = [...values, ...secrets, ...fromFiles];
  }
  const authorization = await authorizationOf(http, tokens);
  if (authorization !== undefined) headers["authorization"] = authorization;
  return headers;
}

async function authorizationOf(http: HttpConfig, tokens: Tokens): Promise<string | undefined> {
  const { basic_auth: basic, authorization, oauth2 } = http;
  if (basic !== undefined) {
    refuseReference("basic_auth", basic.username_ref, basic.password_ref);
    const user = await secretOf(basic.username, basic.username_file);
    const password = await secretOf(basic.password, basic.password_file);
    return basicOf(user, password);
  }
  if (authorization !== undefined) {
    refuseReference("authorization", authorization.credentials_ref);
    const type = authorization.type.trim() === "" ? "Bearer" : authorization.type.trim();
    return `${type} ${await secretOf(authorization.credentials, authorization.credentials_file)}`;
  }
  if (oauth2 !== undefined) {
    refuseReference("oauth2", oauth2.client_secret_ref, oauth2.client_certificate_key_ref);
    return `Bearer ${await tokens.get(oauth2)}`;
  }
  if (http.bearer_token === "" && http.bearer_token_file === "") return undefined;
  return `Bearer ${await secretOf(http.bearer_token, http.bearer_token_file)}`;
}

/** The value of an Authorization header for HTTP's basic authentication. */
export function basicOf(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** References name secrets of a manager that programs embed; a server of its own has none. */
function refuseReference(where: string, ...references: readonly string[]): void {
  const given = references.find((reference) => reference !== "");
  if (given !== undefined)
    throw new Error(
      `${where} refers to the secret "${given}" of a secret manager, and there is none; use a file`,
    );
}
