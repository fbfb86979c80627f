import { isSigned, requestToken } from "../../model/index.ts";
import type { OAuthGrant, TokenRequest } from "../../model/index.ts";
import { ScrapeFault } from "./fault.ts";

/** A token is renewed this long before it ends; ms. */
const MARGIN = 10_000;

/** What a token is asked for with; the secret is read anew, because it may be rotated. */
interface TokenSource {
  readonly grant: OAuthGrant;
  secret(): Promise<string>;
  ask(request: TokenRequest): Promise<{ readonly status: number; readonly text: string }>;
}

/** The token of one section `oauth2`, kept until shortly before it ends. */
export class OAuthTokenKeeper {
  readonly #source: TokenSource;
  readonly #now: () => number;
  #known: { readonly token: string; readonly secret: string; readonly until: number } | undefined;
  /** Scrapes that are due together ask once. */
  #asking: Promise<string> | undefined;

  constructor(source: TokenSource, now: () => number) {
    this.#source = source;
    this.#now = now;
  }

  /** A valid token. Throws ScrapeFault when none is given out. */
  async get(): Promise<string> {
    const secret = await this.#source.secret();
    const known = this.#known;
    if (known !== undefined && known.secret === secret && known.until > this.#now())
      return known.token;
    this.#asking ??= this.#request(secret).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** Forgets the token, because it was refused before its time. */
  forget(): void {
    this.#known = undefined;
  }

  async #request(secret: string): Promise<string> {
    const { grant } = this.#source;
    if (secret === "" && isSigned(grant)) throw new ScrapeFault("oauth2 has no key to sign with");
    const { token, seconds } = await requestToken(grant, secret, this.#now(), (request) =>
      this.#source.ask(request),
    );
    this.#known = { token, secret, until: this.#now() + seconds * 1000 - MARGIN };
    return token;
  }
}
