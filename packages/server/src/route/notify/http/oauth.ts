import { request } from "undici";
import { isSigned, requestToken } from "../../../model/index.ts";
import type { TokenRequest } from "../../../model/index.ts";
import type { HttpConfig } from "../../config/http-client.ts";
import type { Tokens } from "./credentials.ts";
import { HTTP_LIMITS } from "./limits.ts";
import type { Pools } from "./pools.ts";
import { secretOf } from "./secrets.ts";

type OAuth2 = NonNullable<HttpConfig["oauth2"]>;

/** Tokens of OAuth 2, kept until shortly before they end. */
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
    const secret = await (isSigned(settings)
      ? secretOf(settings.client_certificate_key, settings.client_certificate_key_file)
      : secretOf(settings.client_secret, settings.client_secret_file));
    const key = JSON.stringify([settings, secret]);
    const known = this.#tokens.get(key);
    if (known !== undefined && known.until > this.#now()) return known.token;
    const { token, seconds } = await requestToken(settings, secret, this.#now(), (asked) =>
      this.#ask(settings, asked),
    );
    const until = this.#now() + seconds * 1000 - HTTP_LIMITS.tokenMargin;
    this.#tokens.set(key, { token, until });
    return token;
  }

  /** Forgets all tokens, e.g. because one was refused before its time. */
  forget(): void {
    this.#tokens.clear();
  }

  async #ask(settings: OAuth2, { headers, body: form }: TokenRequest) {
    const { statusCode, body } = await request(settings.token_url, {
      method: "POST",
      dispatcher: await this.#pools.get(settings),
      signal: AbortSignal.timeout(HTTP_LIMITS.total),
      headers,
      body: form,
    });
    return { status: statusCode, text: (await body.text()).slice(0, HTTP_LIMITS.answer) };
  }
}
