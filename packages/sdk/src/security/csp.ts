/** Directives of a Content-Security-Policy by name; `false` takes a default away. */
export type CspDirectives = Readonly<Record<string, readonly string[] | false>>;

/**
 * A page of one's own origin and nothing else: nothing that is not named is loaded, scripts and styles
 * come from the origin or carry the request's nonce, nobody frames the page.
 */
const defaults: Readonly<Record<string, readonly string[]>> = {
  "default-src": ["'none'"],
  "script-src": ["'self'", "nonce"],
  "style-src": ["'self'", "nonce"],
  "img-src": ["'self'", "data:"],
  "font-src": ["'self'"],
  "connect-src": ["'self'"],
  "manifest-src": ["'self'"],
  "base-uri": ["'none'"],
  "object-src": ["'none'"],
  "form-action": ["'self'"],
  "frame-ancestors": ["'none'"],
  "upgrade-insecure-requests": [],
};

/**
 * Compiles a policy: given a request's nonce, the header's value. The source `nonce` stands for the
 * nonce of the request.
 *
 * @throws an Error that names the directive which could not stand in the header.
 */
export function compileCsp(directives: CspDirectives = {}): (nonce: string) => string {
  const parts: string[] = [];
  for (const [name, sources] of Object.entries({ ...defaults, ...directives })) {
    if (!/^[a-z][a-z-]{0,63}$/.test(name))
      throw new Error(`${JSON.stringify(name)} is not the name of a CSP directive`);
    if (sources === false) continue;
    if (!Array.isArray(sources)) throw new Error(`CSP directive ${name}: give a list of sources`);
    for (const source of sources as readonly unknown[])
      // What is separated by spaces, semicolons and commas cannot contain them.
      if (typeof source !== "string" || !/^[!-+\--:<-~]+$/.test(source))
        throw new Error(`CSP directive ${name}: ${JSON.stringify(source)} is not one source`);
    parts.push([name, ...(sources as readonly string[])].join(" "));
  }
  const policy = parts.join("; ");
  const pieces = policy.split(/(?<= )nonce(?=;| |$)/);
  const [start = "", ...rest] = pieces;
  return (nonce) => {
    const source = `'nonce-${nonce}'`;
    let text = start;
    for (const piece of rest) text += source + piece;
    return text;
  };
}
