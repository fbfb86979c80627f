import { createPrivateKey, randomUUID, sign } from "node:crypto";
import { request } from "undici";
import type { HttpConfig } from "../../config/http-client.ts";
import { basicOf } from "./credentials.ts";
import type { Tokens } from "./credentials.ts";
import { HTTP_LIMITS } from "./limits.ts";
import type { Pools } from "./pools.ts";
import { secretOf } from "./secrets.ts";

type OAuth2 = NonNullable<HttpConfig["oauth2"]>;

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/** How long an assertion that is signed with a client's key is good for, in seconds. */
const ASSERTION_LIFE = 300;
const ALGORITHMS = {
  "": "RSA-SHA256",
  RS256: "RSA-SHA256",
  RS384: "RSA-SHA384",
  RS512: "RSA-SHA512",
};

/** Tokens of OAuth 2 (RFC 6749 section 4.4, RFC 7523), kept until shortly before they end. */
export class OAuthTokens implements Tokens {
  readonly #pools: Pools;
  readonly #now: () => number;
  readonly #tokens = new Map<string, { readonly token: string; readonly until: number }>();

  constructor(pools: Pools, now: () => number) {
    this.#pools = pools;
    this.#now = now;
  }

  /** A valid token; throws when none is given out. */
  async get(settings: OAuth2): Promise<string> {
    const secret = await secretOf(settings.client_secret, settings.client_secret_file);
    const key = JSON.stringify([settings, secret]);
    const known = this.#tokens.get(key);
    if (known !== undefined && known.until > this.#now()) return known.token;
    // Some servers take the secret in the header only, some in the form only.
    let answer = await this.#ask(settings, secret, "header");
    if (answer.status >= 400 && answer.status < 500 && settings.grant_type !== JWT_BEARER)
      answer = await this.#ask(settings, secret, "form");
    const { token, seconds } = readAnswer(answer);
    const until = this.#now() + seconds * 1000 - HTTP_LIMITS.tokenMargin;
    this.#tokens.set(key, { token, until });
    return token;
  }

  /** Forgets all tokens, e.g. because one was refused before its time. */
  forget(): void {
    this.#tokens.clear();
  }

  async #ask(settings: OAuth2, secret: string, where: "header" | "form") {
    const jwt = settings.grant_type === JWT_BEARER;
    const form = new URLSearchParams({
      grant_type: jwt ? JWT_BEARER : "client_credentials",
      ...settings.endpoint_params,
    });
    if (settings.scopes.length > 0) form.set("scope", settings.scopes.join(" "));
    const headers: Record<string, string> = {
      "content-type": "application/x-www-form-urlencoded",
      accept: "application/json",
    };
    if (jwt) form.set("assertion", await assertion(settings, this.#now()));
    else if (where === "header")
      headers["authorization"] = basicOf(
        encodeURIComponent(settings.client_id),
        encodeURIComponent(secret),
      );
    else {
      form.set("client_id", settings.client_id);
      form.set("client_secret", secret);
    }
    const { statusCode, body } = await request(settings.token_url, {
      method: "POST",
      dispatcher: await this.#pools.get(settings),
      signal: AbortSignal.timeout(HTTP_LIMITS.total),
      headers,
      body: form.toString(),
    });
    return { status: statusCode, text: (await body.text()).slice(0, HTTP_LIMITS.answer) };
  }
}

function readAnswer({ status, text }: { status: number; text: string }) {
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
  return { token, seconds: Number.isFinite(seconds) && seconds > 0 ? seconds : 3600 };
}

/** A JSON Web Token that the client's key has signed. */
async function assertion(settings: OAuth2, now: number): Promise<string> {
  const algorithm = ALGORITHMS[settings.signature_algorithm as keyof typeof ALGORITHMS];
  if (algorithm === undefined)
    throw new Error(`signature_algorithm "${settings.signature_algorithm}" is not supported`);
  const key = createPrivateKey(
    await secretOf(settings.client_certificate_key, settings.client_certificate_key_file),
  );
  const issued = Math.floor(now / 1000);
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const header = {
    alg: settings.signature_algorithm === "" ? "RS256" : settings.signature_algorithm,
    typ: "JWT",
    ...(settings.client_certificate_key_id === ""
      ? {}
      : { kid: settings.client_certificate_key_id }),
  };
  const claims = {
    iss: settings.iss === "" ? settings.client_id : settings.iss,
    sub: settings.client_id,
    aud: settings.audience === "" ? settings.token_url : settings.audience,
    iat: issued,
    exp: issued + ASSERTION_LIFE,
    jti: randomUUID(),
    ...settings.claims,
  };
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${sign(algorithm, Buffer.from(signed), key).toString("base64url")}`;
}
