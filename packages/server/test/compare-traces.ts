import { SPAN_KINDS, SPAN_STATUSES } from "../src/model/index.ts";
import type { Span } from "../src/model/index.ts";
import type { FoundTrace, TracesQuery } from "../src/query/index.ts";
import { Generator } from "./generated-logs.ts";
import { searchPlainly } from "./plain-traceql.ts";

const NAMES = ["GET /", "POST /pay", "SELECT carts", "größe"];
const SERVICES = ["shop", "pay", "bank"];
const TEXTS = ["10", "1.5", "-3", "1e2", "true", "abc", "größe", "a b"];
const ATTRIBUTES = ["http.status", "user", "odd name"];

/** Random traces of one to nine spans over the hour before `endMs`; no two spans begin at once. */
export function randomSpans(seed: number, traces: number, endMs: number): Span[] {
  const generator = new Generator(seed);
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => generator.int(16).toString(16)).join("");
  let unique = 0;
  return Array.from({ length: traces }, () => {
    const traceId = hex(32);
    const ids: string[] = [];
    const begin = endMs - generator.int(3_600_000);
    return Array.from({ length: 1 + generator.int(9) }, (_, n): Span => {
      const spanId = hex(16);
      // Some traces have lost their root.
      const parentId = n === 0 && generator.chance(0.9) ? "" : generator.pick([...ids, hex(16)]);
      ids.push(spanId);
      const labels = (chance: number) =>
        Object.fromEntries(
          ATTRIBUTES.filter(() => generator.chance(chance)).map((name) => [
            name,
            generator.pick(TEXTS),
          ]),
        );
      unique += 1;
      return {
        traceId,
        spanId,
        parentId,
        service: generator.pick(SERVICES),
        name: generator.pick(NAMES),
        kind: generator.pick(SPAN_KINDS),
        startNs: BigInt(begin + generator.int(2000)) * 1_000_000n + BigInt(unique),
        durationNs: BigInt(generator.int(2_000_000_000)),
        status: generator.pick(SPAN_STATUSES),
        statusMessage: generator.pick(["", "", "too late"]),
        scope: generator.pick(["", "http"]),
        resource: labels(0.3),
        attributes: labels(0.5),
        events: [],
        links: [],
      };
    });
  }).flat();
}

/** A search, written at random. */
function randomQuery(generator: Generator): string {
  const field = () => {
    const name = generator.pick(ATTRIBUTES);
    return `${generator.pick(["", "span", "resource"])}.${name.includes(" ") ? JSON.stringify(name) : name}`;
  };
  const text = (of: readonly string[]) => JSON.stringify(generator.pick(of));
  const equality = () => generator.pick(["=", "!="]);
  const order = () => generator.pick(["=", "!=", "<", "<=", ">", ">="]);
  const matching = () => generator.pick(["=~", "!~"]);
  const duration = () => `${generator.int(2500)}ms`;
  const forms: readonly (() => string)[] = [
    () => `${field()} ${order()} ${text(TEXTS)}`,
    () => `${field()} ${order()} ${generator.pick(["10", "1.5", "-3", "100"])}`,
    () => `${field()} ${matching()} ${text(["1.*", "a.b", "[a-z]+", ""])}`,
    () => `${field()} ${equality()} ${generator.pick(["nil", "true"])}`,
    () => `resource.service.name ${equality()} ${text(SERVICES)}`,
    () => `name ${equality()} ${text(NAMES)}`,
    () => `name ${matching()} ${text(["POST.*", ".*a.*"])}`,
    () => `duration ${order()} ${duration()}`,
    () => `traceDuration ${order()} ${duration()}`,
    () => `rootName ${equality()} ${text(NAMES)}`,
    () => `rootServiceName ${matching()} ${text(["shop|pay", "b.*"])}`,
    () => `status ${equality()} ${generator.pick(SPAN_STATUSES)}`,
    () => `kind ${equality()} ${generator.pick(SPAN_KINDS)}`,
    () => `statusMessage ${equality()} "too late"`,
    () => `instrumentation:name ${equality()} "http"`,
    () => `span:parentID ${equality()} ""`,
  ];
  const condition = (depth: number): string => {
    if (depth === 0 || generator.chance(0.5)) return generator.pick(forms)();
    if (generator.chance(0.2)) return `!(${condition(depth - 1)})`;
    return `(${condition(depth - 1)} ${generator.pick(["&&", "||"])} ${condition(depth - 1)})`;
  };
  const spanset = () => (generator.chance(0.1) ? "{}" : `{ ${condition(2)} }`);
  const spansets = (depth: number): string =>
    depth === 0 || generator.chance(0.6)
      ? spanset()
      : `(${spansets(depth - 1)} ${generator.pick(["&&", "||"])} ${spansets(depth - 1)})`;
  const aggregate = () =>
    generator.pick([
      () => `count() ${order()} ${generator.int(5)}`,
      () => `${generator.pick(["avg", "min", "max", "sum"])}(duration) ${order()} ${duration()}`,
      () => `${generator.pick(["min", "max", "sum", "avg"])}(${field()}) ${order()} 10`,
    ])();
  return `${spansets(2)}${generator.chance(0.3) ? ` | ${aggregate()}` : ""}`;
}

/** A search that the store and the plain evaluation answer differently. */
interface Difference {
  readonly query: string;
  readonly stored: string;
  readonly plain: string;
}

/** Asks random searches of the store and of a plain evaluation over the same spans. */
export async function compareRandomSearches(
  traces: TracesQuery,
  spans: readonly Span[],
  options: { readonly count: number; readonly seed: number; readonly endMs: number },
): Promise<Difference[]> {
  const generator = new Generator(options.seed);
  const differences: Difference[] = [];
  for (let i = 0; i < options.count; i += 1) {
    const text = randomQuery(generator);
    const query = traces.parse(text);
    const asked = {
      startNs: BigInt(options.endMs - 1 - generator.int(3_700_000)) * 1_000_000n,
      endNs: BigInt(options.endMs + 4000 - generator.int(10_000)) * 1_000_000n,
      limit: generator.pick([1, 5, 1000]),
      spansEach: generator.pick([1, 3]),
    };
    if (asked.endNs <= asked.startNs) continue;
    const stored = shown(await traces.search({ ...asked, query }));
    const plain = shown(searchPlainly(spans, query, asked));
    if (stored !== plain) differences.push({ query: text, stored, plain });
  }
  return differences;
}

const shown = (found: readonly FoundTrace[]) =>
  JSON.stringify(found, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
