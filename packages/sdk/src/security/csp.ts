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

/** All that a policy may say, https://www.w3.org/TR/CSP3/ and what extends it. */
const known = new Set([
  ...Object.keys(defaults),
  ..."script-src-elem script-src-attr style-src-elem style-src-attr worker-src frame-src child-src".split(
    " ",
  ),
  ..."media-src fenced-frame-src prefetch-src sandbox webrtc report-uri report-to".split(" "),
  ..."require-trusted-types-for trusted-types block-all-mixed-content plugin-types".split(" "),
]);

/** Words that stand in quotes; without them they are names of hosts, which nothing comes from. */
const quoted =
  /^(?:self|none|unsafe-[a-z-]+|wasm-unsafe-eval|strict-dynamic|report-sample|inline-speculation-rules|(?:nonce|sha256|sha384|sha512)-.*)$/i;
/** Whose words have no quotes. */
const unquoted = new Set(["sandbox", "report-to", "report-uri", "trusted-types", "webrtc"]);

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
    if (!known.has(name)) throw new Error(`there is no CSP directive ${JSON.stringify(name)}`);
    if (sources === false) continue;
    if (!Array.isArray(sources)) throw new Error(`CSP directive ${name}: give a list of sources`);
    for (const source of sources as readonly unknown[])
      // What is separated by spaces, semicolons and commas cannot contain them.
      if (typeof source !== "string" || !/^[!-+\--:<-~]+$/.test(source))
        throw new Error(`CSP directive ${name}: ${JSON.stringify(source)} is not one source`);
      else if (!unquoted.has(name) && quoted.test(source))
        throw new Error(`CSP directive ${name}: write "'${source}'", in quotes`);
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
