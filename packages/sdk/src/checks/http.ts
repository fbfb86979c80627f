import type { Check } from "../health/health.ts";

export interface HttpCheckOptions {
  /** Default: GET. */
  readonly method?: "GET" | "HEAD";
  /** Which status codes mean well. Default: 200 to 299. */
  readonly accept?: (status: number) => boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Another service answers over HTTP. Redirects are not followed: an address that has moved is worth
 * knowing of. The body is not read.
 *
 * @throws when the address is not one of http or https.
 */
export function http(url: string | URL, options: HttpCheckOptions = {}): Check {
  const target = new URL(url);
  if (target.protocol !== "http:" && target.protocol !== "https:")
    throw new Error(`${target.protocol} is not http or https`);
  const accept = options.accept ?? ((status) => status >= 200 && status < 300);
  return async (signal) => {
    const response = await fetch(target, {
      method: options.method ?? "GET",
      headers: options.headers ?? {},
      redirect: "manual",
      signal,
    }).catch((error: unknown) => {
      // fetch says only "fetch failed"; what happened is in the cause.
      throw error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
    });
    await response.body?.cancel();
    if (!accept(response.status)) throw new Error(`answered ${response.status}`);
  };
}
