/**
 * The rules by which Mozilla's HTTP Observatory judges a page's headers, restated: what fails there
 * fails here. Rules about TLS, redirects and the page's own scripts are not about headers.
 */
export interface Finding {
  readonly rule: string;
  readonly what: string;
}

type Headers = Readonly<Record<string, string>>;

const sixMonths = 15_768_000;

/**
 * Everything that the Observatory would take points for. `stranger` is the origin that the request
 * named, which is none of the service's own.
 */
export function findings(
  headers: Headers,
  cookies: readonly string[] = [],
  stranger?: string,
): Finding[] {
  return [
    ...sharing(headers, stranger),
    ...contentSecurityPolicy(headers),
    ...transportSecurity(headers),
    ...framing(headers),
    ...simple(headers),
    ...cookies.flatMap(cookie),
  ];
}

function contentSecurityPolicy(headers: Headers): Finding[] {
  const fail = (what: string): Finding => ({ rule: "content-security-policy", what });
  const header = headers["content-security-policy"];
  if (header === undefined) return [fail("not implemented")];
  const parts = header
    .split(";")
    .filter((part) => part.trim() !== "")
    .map((part): [string, string[]] => {
      const [name = "", ...sources] = part.trim().split(/\s+/);
      return [name.toLowerCase(), sources];
    });
  const directives = new Map(parts);
  const sources = (name: string) => directives.get(name) ?? directives.get("default-src");
  const found: Finding[] = [];
  if (directives.size < parts.length) found.push(fail("a directive twice"));
  const script = sources("script-src");
  const object = sources("object-src");
  const broad = ["*", "http:", "https:", "data:", "blob:", "ftp:"];
  if (script === undefined) found.push(fail("neither default-src nor script-src"));
  if (object === undefined) found.push(fail("neither default-src nor object-src"));
  for (const name of ["script-src", "object-src", "style-src"]) {
    const list = sources(name) ?? [];
    const strict = list.some((source) => /^'(?:nonce-|sha(?:256|384|512)-)/.test(source));
    if (list.includes("'strict-dynamic'") && !strict)
      found.push(fail(`${name} 'strict-dynamic' without a nonce`));
    if (list.includes("'unsafe-inline'") && !strict) found.push(fail(`${name} 'unsafe-inline'`));
    if (name !== "style-src" && list.some((source) => broad.includes(source)))
      found.push(fail(`${name} too broad`));
  }
  if (script?.includes("'unsafe-eval'")) found.push(fail("script-src 'unsafe-eval'"));
  for (const list of directives.values())
    if (list.some((source) => source.startsWith("http://"))) found.push(fail("insecure source"));
  for (const name of ["base-uri", "form-action", "frame-ancestors"])
    if (!directives.has(name)) found.push(fail(`no ${name}`));
  if (!sources("default-src")?.includes("'none'")) found.push(fail("default-src is not 'none'"));
  return found;
}

function transportSecurity(headers: Headers): Finding[] {
  const age = /^max-age=(\d+)/.exec(headers["strict-transport-security"] ?? "")?.[1];
  return Number(age ?? -1) >= sixMonths
    ? []
    : [{ rule: "strict-transport-security", what: "less than six months" }];
}

function framing(headers: Headers): Finding[] {
  const ancestors = /frame-ancestors ('none'|'self')/.test(
    headers["content-security-policy"] ?? "",
  );
  const option = /^(?:DENY|SAMEORIGIN)$/i.test(headers["x-frame-options"] ?? "");
  return ancestors || option ? [] : [{ rule: "x-frame-options", what: "framed by anybody" }];
}

function simple(headers: Headers): Finding[] {
  const found: Finding[] = [];
  if (headers["x-content-type-options"] !== "nosniff")
    found.push({ rule: "x-content-type-options", what: "no nosniff" });
  const privateReferrers = [
    "no-referrer",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
  ];
  const policy = headers["referrer-policy"]?.split(",").at(-1)?.trim() ?? "";
  if (!privateReferrers.includes(policy))
    found.push({ rule: "referrer-policy", what: "not private" });
  if (!/^same-(?:origin|site)$/.test(headers["cross-origin-resource-policy"] ?? ""))
    found.push({ rule: "cross-origin-resource-policy", what: "not restricted" });
  return found;
}

function sharing(headers: Headers, stranger: string | undefined): Finding[] {
  const origin = headers["access-control-allow-origin"];
  const everybody = origin !== undefined && ["*", "null", stranger].includes(origin);
  return everybody && headers["access-control-allow-credentials"] === "true"
    ? [{ rule: "cross-origin-resource-sharing", what: "everybody with credentials" }]
    : [];
}

function cookie(text: string): Finding[] {
  const fail = (what: string): Finding => ({ rule: "cookies", what });
  const attributes = text.split(";").map((part) => part.trim().toLowerCase());
  const found: Finding[] = [];
  if (!attributes.includes("secure")) found.push(fail("not Secure"));
  if (/sess/i.test(text) && !attributes.includes("httponly")) found.push(fail("not HttpOnly"));
  if (!attributes.some((each) => /^samesite=(?:lax|strict)$/.test(each)))
    found.push(fail("not SameSite"));
  return found;
}
