import { z } from "zod";
import { Secret } from "../../model/index.ts";
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
      readonly username: string;
      readonly password: SecretSource | undefined;
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
  readonly proxy?: ProxyConfig | undefined;
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

/** The fields that every section with an HTTP client has, to be spread into its schema. */
export const httpClientFields = {
  basic_auth: z
    .strictObject({
      username: text.optional(),
      password: secret.optional(),
      password_file: text.optional(),
      ...unsupportedFields(["username_file", "username_ref", "password_ref"], LATER),
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
  tls_config: z
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
    .optional(),
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
  proxy_url: secret.optional(),
  no_proxy: text.optional(),
  proxy_connect_header: z.record(z.string(), z.array(secret)).optional(),
  ...unsupportedFields(["oauth2"], LATER),
  ...unsupportedFields(["proxy_from_environment"], "give the proxy with proxy_url"),
};

const fields = z.object(httpClientFields);
type HttpClientFields = z.infer<typeof fields>;

/** Says what contradicts itself in one section; `path` is relative to the section. */
export function httpClientFaults(
  given: HttpClientFields,
  fault: (path: readonly string[], reason: string) => void,
): void {
  const { basic_auth: basic, authorization, tls_config: tls } = given;
  const bearers = [given.bearer_token, given.bearer_token_file].filter((x) => x !== undefined);
  if (bearers.length > 1) {
    fault(["bearer_token"], "give at most one of bearer_token and bearer_token_file");
  }
  const ways = [
    basic === undefined ? undefined : "basic_auth",
    authorization === undefined ? undefined : "authorization",
    bearers.length === 0 ? undefined : "bearer_token",
  ].filter((way) => way !== undefined);
  if (ways.length > 1) fault([ways[0] ?? ""], `give at most one of ${ways.join(", ")}`);
  if (basic?.password !== undefined && basic.password_file !== undefined) {
    fault(["basic_auth", "password"], "give at most one of password and password_file");
  }
  if (authorization?.credentials !== undefined && authorization.credentials_file !== undefined) {
    fault(["authorization", "credentials"], "give at most one of credentials and credentials_file");
  }
  if (authorization?.type?.trim().toLowerCase() === "basic") {
    fault(["authorization", "type"], 'the type cannot be "basic"; use basic_auth instead');
  }
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
  proxyFaults(given, fault);
  for (const [name, header] of Object.entries(given.http_headers ?? {})) {
    const at = ["http_headers", name];
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) fault(at, "is not the name of a header");
    else if (RESERVED_HEADERS.has(name.toLowerCase())) {
      fault(at, "cannot be set: it has a field of its own or belongs to the protocol");
    }
    if (header === null) fault(at, "give it values, secrets or files");
  }
}

function proxyFaults(
  given: HttpClientFields,
  fault: (path: readonly string[], reason: string) => void,
): void {
  const url = given.proxy_url?.reveal();
  if (url !== undefined && url !== "") {
    const known = URL.canParse(url) && ["http:", "https:"].includes(new URL(url).protocol);
    if (!known) fault(["proxy_url"], "expected an http or https URL");
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
  const tls = given.tls_config;
  const source = (value: string | Secret | undefined, file: string | undefined) => {
    if (value instanceof Secret) return { value };
    if (value !== undefined) return { value: new Secret(value) };
    return file ? { file: resolve(file) } : undefined;
  };
  return {
    credentials: credentialsOf(given, resolve),
    tls: {
      ca: source(tls?.ca, tls?.ca_file),
      cert: source(tls?.cert, tls?.cert_file),
      key: source(tls?.key, tls?.key_file),
      serverName: tls?.server_name === "" ? undefined : tls?.server_name,
      insecureSkipVerify: tls?.insecure_skip_verify ?? false,
      minVersion: tls?.min_version === undefined ? undefined : TLS_VERSIONS[tls.min_version],
      maxVersion: tls?.max_version === undefined ? undefined : TLS_VERSIONS[tls.max_version],
    },
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

function proxyOf(given: HttpClientFields): ProxyConfig | undefined {
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
    if (basic.username === undefined && password === undefined) return undefined;
    return { kind: "basic", username: basic.username ?? "", password };
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
  const source = credentials?.kind === "basic" ? credentials.password : credentials?.credentials;
  if (source !== undefined && "file" in source) {
    add(credentials?.kind === "basic" ? "basic_auth" : "authorization", source.file);
  }
  for (const part of [tls.ca, tls.cert, tls.key]) {
    if (part !== undefined && "file" in part) add("tls_config", part.file);
  }
  return found;
}
