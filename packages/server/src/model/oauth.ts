import { createPrivateKey, randomUUID, sign } from "node:crypto";

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const CLIENT_CREDENTIALS = "client_credentials";
/** How long an assertion that is signed with a client's key is good for, in seconds. */
const ASSERTION_LIFE = 300;
/** A token without an end of its own is asked for again after so many seconds. */
const TOKEN_LIFE = 3600;
const ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ["", "RSA-SHA256"],
  ["RS256", "RSA-SHA256"],
  ["RS384", "RSA-SHA384"],
  ["RS512", "RSA-SHA512"],
]);

/** How tokens of OAuth 2 are asked for: the section `oauth2` of Prometheus's `http_config`. */
export interface OAuthGrant {
  readonly client_id: string;
  /** `client_credentials` (also when empty) or the JWT bearer grant of RFC 7523. */
  readonly grant_type: string;
  readonly token_url: string;
  readonly scopes: readonly string[];
  readonly endpoint_params: Readonly<Record<string, string>>;
  /** Of assertions: the header `kid`, the algorithm, and what else is claimed; empty for the default. */
  readonly client_certificate_key_id: string;
  readonly signature_algorithm: string;
  readonly iss: string;
  readonly audience: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** A request to `token_url`: a POST of a form. */
export interface TokenRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A token and for how many seconds it is good. */
export interface OAuthToken {
  readonly token: string;
  readonly seconds: number;
}

/** Whether a grant is proved by a key that signs instead of a secret that is sent. */
export function isSigned({ grant_type }: Pick<OAuthGrant, "grant_type">): boolean {
  return grant_type === JWT_BEARER;
}

/** Why these cannot be a grant's type and algorithm; undefined when they can. */
export function grantFault(
  grant: Pick<OAuthGrant, "grant_type" | "signature_algorithm">,
): { readonly field: "grant_type" | "signature_algorithm"; readonly reason: string } | undefined {
  const { grant_type: type, signature_algorithm: algorithm } = grant;
  if (!["", CLIENT_CREDENTIALS, JWT_BEARER].includes(type))
    return { field: "grant_type", reason: `must be ${CLIENT_CREDENTIALS} or ${JWT_BEARER}` };
  if (!ALGORITHMS.has(algorithm))
    return { field: "signature_algorithm", reason: "must be one of RS256, RS384, RS512" };
  return undefined;
}

/**
 * Asks for a token (RFC 6749 section 4.4, RFC 7523). `secret` is the client's secret, or the PEM of
 * its key; `now` ms since 1970. Throws when none is given out, saying what was answered.
 */
export async function requestToken(
  grant: OAuthGrant,
  secret: string,
  now: number,
  ask: (request: TokenRequest) => Promise<{ readonly status: number; readonly text: string }>,
): Promise<OAuthToken> {
  let answer = await ask(tokenRequest(grant, secret, now, "header"));
  // Some servers take the secret in the header only, some in the form only.
  if (answer.status >= 400 && answer.status < 500 && !isSigned(grant))
    answer = await ask(tokenRequest(grant, secret, now, "form"));
  return readToken(answer.status, answer.text);
}

function tokenRequest(
  grant: OAuthGrant,
  secret: string,
  now: number,
  where: "header" | "form",
): TokenRequest {
  const form = new URLSearchParams({
    grant_type: isSigned(grant) ? JWT_BEARER : CLIENT_CREDENTIALS,
    ...grant.endpoint_params,
  });
  if (grant.scopes.length > 0) form.set("scope", grant.scopes.join(" "));
  const headers: Record<string, string> = {
    "content-type": "application/x-www-form-urlencoded",
    accept: "application/json",
  };
  if (isSigned(grant)) form.set("assertion", assertion(grant, secret, now));
  else if (where === "header") {
    const pair = `${encodeURIComponent(grant.client_id)}:${encodeURIComponent(secret)}`;
    headers["authorization"] = `Basic ${Buffer.from(pair).toString("base64")}`;
  } else {
    form.set("client_id", grant.client_id);
    form.set("client_secret", secret);
  }
  return { headers, body: form.toString() };
}

function readToken(status: number, text: string): OAuthToken {
  let answer: { access_token?: unknown; expires_in?: unknown; error?: unknown } = {};
  try {
    answer = (JSON.parse(text) ?? {}) as typeof answer;
  } catch {
    // Said below.
  }
  const token = answer.access_token;
  if (status < 200 || status >= 300 || typeof token !== "string" || token === "") {
    const reason = typeof answer.error === "string" ? `: ${answer.error.slice(0, 200)}` : "";
    throw new Error(`the token URL of oauth2 answered ${status} without a token${reason}`);
  }
  const seconds = Number(answer.expires_in);
  return { token, seconds: Number.isFinite(seconds) && seconds > 0 ? seconds : TOKEN_LIFE };
}

/** A JSON Web Token that the client's key has signed. */
function assertion(grant: OAuthGrant, key: string, now: number): string {
  const { client_id, client_certificate_key_id: kid, signature_algorithm } = grant;
  const algorithm = ALGORITHMS.get(signature_algorithm);
  if (algorithm === undefined)
    throw new Error(`signature_algorithm "${signature_algorithm}" is not supported`);
  const issued = Math.floor(now / 1000);
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const alg = signature_algorithm === "" ? "RS256" : signature_algorithm;
  const header = { alg, typ: "JWT", ...(kid === "" ? {} : { kid }) };
  const claims = {
    iss: grant.iss === "" ? client_id : grant.iss,
    sub: client_id,
    aud: grant.audience === "" ? grant.token_url : grant.audience,
    iat: issued,
    exp: issued + ASSERTION_LIFE,
    jti: randomUUID(),
    ...grant.claims,
  };
  const signed = `${encode(header)}.${encode(claims)}`;
  const signature = sign(algorithm, Buffer.from(signed), createPrivateKey(key));
  return `${signed}.${signature.toString("base64url")}`;
}
