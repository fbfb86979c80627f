import { z } from "zod";
import { field, flag, list, optional, text, textMap } from "./fields.ts";

const TLS_VERSIONS = ["TLS10", "TLS11", "TLS12", "TLS13"] as const;
const tlsVersion = optional(z.enum(TLS_VERSIONS, `must be one of ${TLS_VERSIONS.join(", ")}`));

type Issues = { addIssue(issue: { code: "custom"; message: string; path: PropertyKey[] }): void };

/** Adds an issue when more than one of the named fields is set. */
export function atMostOne(
  value: Readonly<Record<string, unknown>>,
  names: readonly string[],
  context: Issues,
): void {
  const given = names.filter((name) => isSet(value[name]));
  const second = given[1];
  if (second !== undefined)
    context.addIssue({
      code: "custom",
      message: `at most one of ${names.join(", ")} may be set`,
      path: [second],
    });
}

/** Whether a field was given a value: Alertmanager takes an empty text for "not set". */
export function isSet(value: unknown): boolean {
  return value !== undefined && value !== "";
}

/** TLS options, as in Prometheus's configuration files. */
export const tlsConfig = z
  .strictObject({
    ca: text(),
    ca_file: text(),
    ca_ref: text(),
    cert: text(),
    cert_file: text(),
    cert_ref: text(),
    key: text(),
    key_file: text(),
    key_ref: text(),
    server_name: text(),
    insecure_skip_verify: flag(),
    min_version: tlsVersion,
    max_version: tlsVersion,
  })
  .superRefine((value, context) => {
    for (const name of ["ca", "cert", "key"])
      atMostOne(value, [name, `${name}_file`, `${name}_ref`], context);
    const hasCert = isSet(value.cert) || isSet(value.cert_file) || isSet(value.cert_ref);
    const hasKey = isSet(value.key) || isSet(value.key_file) || isSet(value.key_ref);
    if (hasCert !== hasKey)
      context.addIssue({
        code: "custom",
        message: hasCert
          ? "a client certificate needs its key"
          : "a client key needs its certificate",
        path: [],
      });
  });
export type TlsConfig = z.output<typeof tlsConfig>;

const proxyFields = {
  proxy_url: text(),
  no_proxy: text(),
  proxy_from_environment: flag(),
  proxy_connect_header: field(z.record(z.string(), list(text())), {}),
};

type ProxyFields = { proxy_url: string; no_proxy: string; proxy_from_environment: boolean };

function checkProxy(value: ProxyFields, context: Issues): void {
  const complain = (name: string, message: string) =>
    context.addIssue({ code: "custom", message, path: [name] });
  if (value.proxy_from_environment && value.proxy_url !== "")
    complain("proxy_from_environment", "cannot be used together with proxy_url");
  if (value.no_proxy !== "" && value.proxy_url === "")
    complain("no_proxy", "has no meaning without proxy_url");
  if (value.proxy_url !== "" && !URL.canParse(value.proxy_url))
    complain("proxy_url", "is not a valid URL");
}

const basicAuth = z
  .strictObject({
    username: text(),
    username_file: text(),
    username_ref: text(),
    password: text(),
    password_file: text(),
    password_ref: text(),
  })
  .superRefine((value, context) => {
    for (const name of ["username", "password"])
      atMostOne(value, [name, `${name}_file`, `${name}_ref`], context);
  });

const authorization = z
  .strictObject({
    type: text(),
    credentials: text(),
    credentials_file: text(),
    credentials_ref: text(),
  })
  .superRefine((value, context) => {
    atMostOne(value, ["credentials", "credentials_file", "credentials_ref"], context);
    if (value.type.trim().toLowerCase() === "basic")
      context.addIssue({
        code: "custom",
        message: 'cannot be "basic"; use basic_auth instead',
        path: ["type"],
      });
  });

const oauth2 = z
  .strictObject({
    client_id: text(),
    client_secret: text(),
    client_secret_file: text(),
    client_secret_ref: text(),
    client_certificate_key_id: text(),
    client_certificate_key: text(),
    client_certificate_key_file: text(),
    client_certificate_key_ref: text(),
    grant_type: text(),
    signature_algorithm: text(),
    iss: text(),
    audience: text(),
    claims: field(z.record(z.string(), z.unknown()), {}),
    scopes: list(text()),
    token_url: text(),
    endpoint_params: textMap,
    tls_config: optional(tlsConfig),
    ...proxyFields,
  })
  .superRefine((value, context) => {
    const require = (name: "client_id" | "token_url") => {
      if (value[name] === "")
        context.addIssue({ code: "custom", message: `${name} must be set`, path: [name] });
    };
    require("client_id");
    require("token_url");
    atMostOne(value, ["client_secret", "client_secret_file", "client_secret_ref"], context);
    checkProxy(value, context);
  });

/** Headers that the client itself sets; a configuration may not. */
const RESERVED_HEADERS = new Set([
  "authorization",
  "host",
  "content-encoding",
  "content-length",
  "content-type",
  "user-agent",
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "www-authenticate",
  "accept-encoding",
  "x-prometheus-remote-write-version",
  "x-prometheus-remote-read-version",
  "x-prometheus-scrape-timeout-seconds",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const httpHeaders = field(
  z.record(
    z.string().refine((name) => !RESERVED_HEADERS.has(name.toLowerCase()), "may not be set here"),
    field(z.strictObject({ values: list(text()), secrets: list(text()), files: list(text()) }), {
      values: [],
      secrets: [],
      files: [],
    }),
  ),
  {},
);

/** `http_config`: how an integration's requests are made. */
export const httpConfig = z
  .strictObject({
    basic_auth: optional(basicAuth),
    authorization: optional(authorization),
    oauth2: optional(oauth2),
    bearer_token: text(),
    bearer_token_file: text(),
    tls_config: optional(tlsConfig),
    follow_redirects: flag(true),
    enable_http2: flag(true),
    http_headers: httpHeaders,
    ...proxyFields,
  })
  .superRefine((value, context) => {
    atMostOne(
      value,
      ["basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file"],
      context,
    );
    checkProxy(value, context);
  });
export type HttpConfig = z.output<typeof httpConfig>;

/** The absent `http_config`. */
export const defaultHttpConfig: HttpConfig = httpConfig.parse({});
