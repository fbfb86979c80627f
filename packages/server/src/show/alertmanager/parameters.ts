import { RE2JS } from "re2js";
import { SeaworthyError, compileMatcher, messageOf } from "../../model/index.ts";
import type { Labels, Matcher } from "../../model/index.ts";
import { MatcherSyntaxError, parseMatcher } from "../../route/index.ts";

/** Filters in one request; nobody writes more. */
const MAX_FILTERS = 100;

/** A request that Alertmanager's API refuses. */
export class BadRequest extends SeaworthyError {
  readonly code = "alertmanager_request_invalid";
  override readonly status = 400;
}

/** The parameters of a query string as Fastify hands them over. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A parameter that is true or false. */
export function flag(query: Query, name: string, fallback = true): boolean {
  const value = query[name];
  if (value === undefined || value === "") return fallback;
  if (value === "true" || value === "1") return true;
  if (value === "false" || value === "0") return false;
  throw new BadRequest(`parameter ${name} must be true or false`);
}

/** The matchers of a parameter that may be repeated. */
export function matchers(query: Query, name: string): Matcher[] {
  const values = [query[name] ?? []].flat();
  if (values.length > MAX_FILTERS)
    throw new BadRequest(`parameter ${name} is given more than ${MAX_FILTERS} times`);
  return values.map((value) => {
    try {
      return parseMatcher(value);
    } catch (error) {
      if (error instanceof MatcherSyntaxError) throw new BadRequest(error.message);
      throw error;
    }
  });
}

/** A test for label sets from a parameter with matchers. */
export function labelTest(query: Query, name: string): (labels: Labels) => boolean {
  const tests = matchers(query, name).map(compileMatcher);
  return (labels) => tests.every((test) => test(labels));
}

/** A test for receivers' names from the regular expression in `receiver`, which matches all of a name. */
export function receiverTest(query: Query): (name: string) => boolean {
  const value = query["receiver"];
  if (value === undefined) return () => true;
  try {
    const pattern = RE2JS.compile([value].flat()[0] ?? "", RE2JS.DOTALL);
    return (name) => pattern.matches(name);
  } catch (error) {
    throw new BadRequest(`failed to parse receiver param: ${messageOf(error)}`);
  }
}
