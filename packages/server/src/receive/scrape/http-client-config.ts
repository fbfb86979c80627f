import { z } from "zod";
import { grantFault, isSigned, Secret } from "../../model/index.ts";
import type { OAuthGrant } from "../../model/index.ts";
import { flag, secret, text, unsupportedFields } from "./config-fields.ts";

const TLS_VERSIONS = {
  TLS10: "TLSv1",
  TLS11: "TLSv1.1",
  TLS12: "TLSv1.2",
  TLS13: "TLSv1.3",
} as const;
const tlsVersion = z.enum(["TLS10", "TLS11", "TLS12", "TLS13"]);

/** How a client proves who it is. Files are read at each request, so that a rotated secret is used. */
type Credentials =
  | {
      readonly kind: "basic";
      readonly username: SecretSource;
      readonly password: SecretSource | undefined;
    }
  | {
      readonly kind: "oauth2";
      readonly grant: OAuthGrant;
      /** The client's secret, or the key that it signs with. */
      readonly secret: SecretSource | undefined;
      /** How the token's URL is reached. */
      readonly tls: TlsConfig;
      readonly proxy: ProxyConfig | "environment" | undefined;
    }
  | { readonly kind: "header"; readonly type: string; readonly credentials: SecretSource };

export type SecretSource = { readonly value: Secret } | { readonly file: string };

interface TlsConfig {
  readonly ca?: SecretSource | undefined;
  readonly cert?: SecretSource | undefined;
  readonly key?: SecretSource | undefined;
  readonly serverName?: string | undefined;
  readonly insecureSkipVerify: boolean;
  readonly minVersion?: "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3" | undefined;
  readonly maxVersion?: "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3" | undefined;
}

/** A header with its values, in order. */
interface GivenHeader {
  readonly name: string;
  readonly sources: readonly SecretSource[];
}

interface ProxyConfig {
  /** May hold a password. */
  readonly url: Secret;
  /** The entries of `no_proxy`. */
  readonly except: readonly string[];
  readonly connectHeaders: readonly { readonly name: string; readonly values: readonly Secret[] }[];
}

/** Prometheus's `http_config` as far as it is supported. */
export interface HttpClientConfig {
  readonly credentials?: Credentials | undefined;
  readonly tls: TlsConfig;
  readonly followRedirects: boolean;
  readonly headers: readonly GivenHeader[];
  /** "environment": as its usual variables say. */
  readonly proxy?: ProxyConfig | "environment" | undefined;
}

/** Headers that the client sets itself or that have a field of their own. */
const RESERVED_HEADERS = new Set(
  [
    "Authorization Host Content-Encoding Content-Length Content-Type User-Agent Connection",
    "Keep-Alive Proxy-Authenticate Proxy-Authorization Www-Authenticate Accept-Encoding",
    "X-Prometheus-Remote-Write-Version X-Prometheus-Remote-Read-Version",
    "X-Prometheus-Scrape-Timeout-Seconds X-Amz-Date X-Amz-Security-Token X-Amz-Content-Sha256",
  ].flatMap((line) => line.toLowerCase().split(" ")),
);

const LATER = "remove it, or keep this job on a Prometheus for now";

const tlsField = z
  .strictObject({
    ca_file: text.optional(),
    cert_file: text.optional(),
    key_file: text.optional(),
    server_name: text.optional(),
    insecure_skip_verify: flag.optional(),
    min_version: tlsVersion.optional(),
    max_version: tlsVersion.optional(),
    ca: text.optional(),
    cert: text.optional(),
    key: secret.optional(),
    ...unsupportedFields(
      ["ca_ref", "cert_ref", "key_ref"],
      "name a file with ca_file, cert_file or key_file",
    ),
  })
  .optional();

const proxyFields = {
  proxy_url: secret.optional(),
  no_proxy: text.optional(),
  proxy_connect_header: z.record(z.string(), z.array(secret)).optional(),
  proxy_from_environment: flag.optional(),
};

const oauth2 = z.strictObject({
  client_id: text.optional(),
  client_secret: secret.optional(),
  client_secret_file: text.optional(),
  client_certificate_key_id: text.optional(),
  client_certificate_key: secret.optional(),
  client_certificate_key_file: text.optional(),
  grant_type: text.optional(),
  signature_algorithm: text.optional(),
  iss: text.optional(),
  audience: text.optional(),
  claims: z.record(z.string(), z.unknown()).optional(),
  scopes: z.array(text).optional(),
  token_url: text.optional(),
  endpoint_params: z.record(z.string(), text).optional(),
  tls_config: tlsField,
  ...proxyFields,
  ...unsupportedFields(["client_secret_ref", "client_certificate_key_ref"], "name a file"),
});

/** The fields that every section with an HTTP client has, to be spread into its schema. */
export const httpClientFields = {
  basic_auth: z
    .strictObject({
      username: text.optional(),
      username_file: text.optional(),
      password: secret.optional(),
      password_file: text.optional(),
      ...unsupportedFields(["username_ref", "password_ref"], LATER),
    })
    .optional(),
  authorization: z
    .strictObject({
      type: text.optional(),
      credentials: secret.optional(),
      credentials_file: text.optional(),
      ...unsupportedFields(["credentials_ref"], LATER),
    })
    .optional(),
  bearer_token: secret.optional(),
  bearer_token_file: text.optional(),
  oauth2: oauth2.optional(),
  tls_config: tlsField,
  follow_redirects: flag.optional(),
  enable_http2: flag.optional(),
  http_headers: z
    .record(
      z.string(),
      z
        .strictObject({
          values: z.array(text).optional(),
          secrets: z.array(secret).optional(),
          files: z.array(text).optional(),
        })
        .nullable(),
    )
    .optional(),
  ...proxyFields,
};

const fields = z.object(httpClientFields);
type HttpClientFields = z.infer<typeof fields>;
type TlsFields = HttpClientFields["tls_config"];
type ProxyFields = Pick<HttpClientFields, keyof typeof proxyFields>;
type Report = (path: readonly string[], reason: string) => void;

/** Says what contradicts itself in one section; `path` is relative to the section. */
export function httpClientFaults(given: HttpClientFields, fault: Report): void {
  const { basic_auth: basic, authorization } = given;
  const bearers = [given.bearer_token, given.bearer_token_file].filter((x) => x !== undefined);
  if (bearers.length > 1) {
    fault(["bearer_token"], "give at most one of bearer_token and bearer_token_file");
  }
  const ways = [
    basic === undefined ? undefined : "basic_auth",
    authorization === undefined ? undefined : "authorization",
    given.oauth2 === undefined ? undefined : "oauth2",
    bearers.length === 0 ? undefined : "bearer_token",
  ].filter((way) => way !== undefined);
  if (ways.length > 1) fault([ways[0] ?? ""], `give at most one of ${ways.join(", ")}`);
  if (basic?.password !== undefined && basic.password_file !== undefined) {
    fault(["basic_auth", "password"], "give at most one of password and password_file");
  }
  if (basic?.username !== undefined && basic.username_file !== undefined) {
    fault(["basic_auth", "username"], "give at most one of username and username_file");
  }
  if (authorization?.credentials !== undefined && authorization.credentials_file !== undefined) {
    fault(["authorization", "credentials"], "give at most one of credentials and credentials_file");
  }
  if (authorization?.type?.trim().toLowerCase() === "basic") {
    fault(["authorization", "type"], 'the type cannot be "basic"; use basic_auth instead');
  }
  tlsFaults(given.tls_config, fault);
  proxyFaults(given, fault);
  if (given.oauth2 !== undefined) {
    oauthFaults(given.oauth2, (path, reason) => fault(["oauth2", ...path], reason));
  }
  for (const [name, header] of Object.entries(given.http_headers ?? {})) {
    const at = ["http_headers", name];
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) fault(at, "is not the name of a header");
    else if (RESERVED_HEADERS.has(name.toLowerCase())) {
      fault(at, "cannot be set: it has a field of its own or belongs to the protocol");
    }
    if (header === null) fault(at, "give it values, secrets or files");
  }
}

function oauthFaults(given: z.infer<typeof oauth2>, fault: Report): void {
  for (const field of ["client_id", "token_url"] as const) {
    if (!given[field]) fault([field], "is missing or empty");
  }
  if (given.token_url && !/^https?:/.test(given.token_url)) {
    fault(["token_url"], "expected an http or https URL");
  }
  for (const field of ["client_secret", "client_certificate_key"] as const) {
    if (given[field] === undefined || given[`${field}_file`] === undefined) continue;
    fault([field], `give at most one of ${field} and ${field}_file`);
  }
  const wrong = grantFault(grantOf(given));
  if (wrong !== undefined) fault([wrong.field], wrong.reason);
  tlsFaults(given.tls_config, fault);
  proxyFaults(given, fault);
}

function tlsFaults(tls: TlsFields, fault: Report): void {
  for (const field of ["ca", "cert", "key"] as const) {
    if (tls?.[field] === undefined || tls[`${field}_file`] === undefined) continue;
    fault(["tls_config", field], `give at most one of ${field} and ${field}_file`);
  }
  const certificate = tls?.cert === undefined ? "cert_file" : "cert";
  const key = tls?.key === undefined ? "key_file" : "key";
  if (tls?.[certificate] !== undefined && tls[key] === undefined) {
    fault(["tls_config", certificate], "a client certificate needs its key: give key_file too");
  }
  if (tls?.[key] !== undefined && tls[certificate] === undefined) {
    fault(["tls_config", key], "a client key needs its certificate: give cert_file too");
  }
}

function proxyFaults(given: ProxyFields, fault: Report): void {
  const url = given.proxy_url?.reveal();
  if (url !== undefined && url !== "") {
    const known = URL.canParse(url) && ["http:", "https:"].includes(new URL(url).protocol);
    if (!known) fault(["proxy_url"], "expected an http or https URL");
    if (given.proxy_from_environment === true) {
      fault(["proxy_from_environment"], "give at most one of it and proxy_url");
    }
    return;
  }
  for (const field of ["no_proxy", "proxy_connect_header"] as const) {
    if (given[field] !== undefined) fault([field], "has a meaning with proxy_url only");
  }
}

/** Makes the section's client configuration; `resolve` turns a file's name into its absolute path. */
export function httpClientConfig(
  given: HttpClientFields,
  resolve: (file: string) => string,
): HttpClientConfig {
  return {
    credentials: credentialsOf(given, resolve),
    tls: tlsOf(given.tls_config, resolve),
    followRedirects: given.follow_redirects ?? true,
    headers: Object.entries(given.http_headers ?? {}).map(([name, header]) => ({
      name: name.toLowerCase(),
      sources: [
        ...(header?.values ?? []).map((value) => ({ value: new Secret(value) })),
        ...(header?.secrets ?? []).map((value) => ({ value })),
        ...(header?.files ?? []).map((file) => ({ file: resolve(file) })),
      ],
    })),
    proxy: proxyOf(given),
  };
}

function tlsOf(tls: TlsFields, resolve: (file: string) => string): TlsConfig {
  const source = (value: string | Secret | undefined, file: string | undefined) => {
    if (value instanceof Secret) return { value };
    if (value !== undefined) return { value: new Secret(value) };
    return file ? { file: resolve(file) } : undefined;
  };
  return {
    ca: source(tls?.ca, tls?.ca_file),
    cert: source(tls?.cert, tls?.cert_file),
    key: source(tls?.key, tls?.key_file),
    serverName: tls?.server_name === "" ? undefined : tls?.server_name,
    insecureSkipVerify: tls?.insecure_skip_verify ?? false,
    minVersion: tls?.min_version === undefined ? undefined : TLS_VERSIONS[tls.min_version],
    maxVersion: tls?.max_version === undefined ? undefined : TLS_VERSIONS[tls.max_version],
  };
}

function grantOf(given: z.infer<typeof oauth2>): OAuthGrant {
  return {
    client_id: given.client_id ?? "",
    grant_type: given.grant_type ?? "",
    token_url: given.token_url ?? "",
    scopes: given.scopes ?? [],
    endpoint_params: given.endpoint_params ?? {},
    client_certificate_key_id: given.client_certificate_key_id ?? "",
    signature_algorithm: given.signature_algorithm ?? "",
    iss: given.iss ?? "",
    audience: given.audience ?? "",
    claims: given.claims ?? {},
  };
}

function proxyOf(given: ProxyFields): ProxyConfig | "environment" | undefined {
  if (given.proxy_from_environment === true) return "environment";
  if (given.proxy_url === undefined || given.proxy_url.reveal() === "") return undefined;
  return {
    url: given.proxy_url,
    except: (given.no_proxy ?? "")
      .split(",")
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ""),
    connectHeaders: Object.entries(given.proxy_connect_header ?? {}).map(([name, values]) => ({
      name,
      values,
    })),
  };
}

function credentialsOf(
  given: HttpClientFields,
  resolve: (file: string) => string,
): Credentials | undefined {
  const source = (
    value: Secret | undefined,
    file: string | undefined,
  ): SecretSource | undefined => {
    if (value !== undefined) return { value };
    return file ? { file: resolve(file) } : undefined;
  };
  const { basic_auth: basic, authorization } = given;
  if (basic !== undefined) {
    const password = source(basic.password, basic.password_file);
    const username = basic.username === undefined ? undefined : new Secret(basic.username);
    const user = source(username, basic.username_file);
    if (user === undefined && password === undefined) return undefined;
    return { kind: "basic", username: user ?? { value: new Secret("") }, password };
  }
  if (given.oauth2 !== undefined) {
    const grant = grantOf(given.oauth2);
    const field = isSigned(grant) ? "client_certificate_key" : "client_secret";
    return {
      kind: "oauth2",
      grant,
      secret: source(given.oauth2[field], given.oauth2[`${field}_file`]),
      tls: tlsOf(given.oauth2.tls_config, resolve),
      proxy: proxyOf(given.oauth2),
    };
  }
  const bearer = source(given.bearer_token, given.bearer_token_file);
  const credentials = bearer ?? source(authorization?.credentials, authorization?.credentials_file);
  if (credentials === undefined) return undefined;
  return { kind: "header", type: authorization?.type?.trim() || "Bearer", credentials };
}

/** Every file that the client reads, with the field that names it. */
export function filesOf(config: HttpClientConfig): { field: string; file: string }[] {
  const { credentials, tls } = config;
  const found: { field: string; file: string }[] = [];
  const add = (field: string, file: string | undefined) => {
    if (file) found.push({ field, file });
  };
  const named = (field: string, ...sources: readonly (SecretSource | undefined)[]) => {
    for (const one of sources) if (one !== undefined && "file" in one) add(field, one.file);
  };
  if (credentials?.kind === "basic") {
    named("basic_auth", credentials.username, credentials.password);
  } else if (credentials?.kind === "header") named("authorization", credentials.credentials);
  else if (credentials !== undefined) {
    const { secret: own, tls: token } = credentials;
    named("oauth2", own, token.ca, token.cert, token.key);
  }
  named("tls_config", tls.ca, tls.cert, tls.key);
  return found;
}
