import { z } from "zod";
import type { Secret } from "../../model/index.ts";
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
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly serverName?: string | undefined;
  readonly insecureSkipVerify: boolean;
  readonly minVersion?: "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3" | undefined;
  readonly maxVersion?: "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3" | undefined;
}

/** Prometheus's `http_config` as far as it is supported. */
export interface HttpClientConfig {
  readonly credentials?: Credentials | undefined;
  readonly tls: TlsConfig;
  readonly followRedirects: boolean;
}

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
      ...unsupportedFields(
        ["ca", "cert", "key", "ca_ref", "cert_ref", "key_ref"],
        "name a file with ca_file, cert_file or key_file",
      ),
    })
    .optional(),
  follow_redirects: flag.optional(),
  enable_http2: flag.optional(),
  ...unsupportedFields(
    [
      "oauth2",
      "proxy_url",
      "no_proxy",
      "proxy_from_environment",
      "proxy_connect_header",
      "http_headers",
    ],
    LATER,
  ),
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
  if (tls?.cert_file !== undefined && tls.key_file === undefined) {
    fault(["tls_config", "cert_file"], "a client certificate needs its key: give key_file too");
  }
  if (tls?.key_file !== undefined && tls.cert_file === undefined) {
    fault(["tls_config", "key_file"], "a client key needs its certificate: give cert_file too");
  }
}

/** Makes the section's client configuration; `resolve` turns a file's name into its absolute path. */
export function httpClientConfig(
  given: HttpClientFields,
  resolve: (file: string) => string,
): HttpClientConfig {
  const tls = given.tls_config;
  const file = (name: string | undefined) => (name ? resolve(name) : undefined);
  return {
    credentials: credentialsOf(given, resolve),
    tls: {
      caFile: file(tls?.ca_file),
      certFile: file(tls?.cert_file),
      keyFile: file(tls?.key_file),
      serverName: tls?.server_name === "" ? undefined : tls?.server_name,
      insecureSkipVerify: tls?.insecure_skip_verify ?? false,
      minVersion: tls?.min_version === undefined ? undefined : TLS_VERSIONS[tls.min_version],
      maxVersion: tls?.max_version === undefined ? undefined : TLS_VERSIONS[tls.max_version],
    },
    followRedirects: given.follow_redirects ?? true,
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
  add("tls_config", tls.caFile);
  add("tls_config", tls.certFile);
  add("tls_config", tls.keyFile);
  return found;
}
