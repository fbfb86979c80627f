import type { FastifyInstance, FastifyRequest } from "fastify";
import { messageOf } from "../../model/index.ts";
import type { Field, FoundTrace } from "../../query/index.ts";
import { goneSignal } from "../gone.ts";
import type { TracesDeps } from "./deps.ts";
import { traceJson, traceProtobuf } from "./otlp-trace.ts";
import {
  durationNs,
  secondsRange,
  traceIdOf,
  TraceRequestError,
  wholeNumber,
} from "./parameters.ts";
import { readTags, traceqlOfForm } from "./search-form.ts";

const NO_TRACE = "trace not found";
const INTRINSIC_TAGS = [
  "duration",
  "kind",
  "name",
  "rootName",
  "rootServiceName",
  "status",
  "statusMessage",
  "traceDuration",
];

type Query = Readonly<Record<string, string | undefined>>;

/**
 * The HTTP API that Grafana's Tempo data source calls, under `/tempo`.
 * https://grafana.com/docs/tempo/latest/api_docs/
 */
export function tempoRoutes(app: FastifyInstance, { traces, clock, version }: TracesDeps): void {
  const config = { access: "read" } as const;
  const rangeOf = ({ start, end }: Query) => secondsRange(start, end, clock.now());

  app.get("/api/echo", { config }, async (_request, reply) =>
    reply.type("text/plain; charset=utf-8").send("echo"),
  );
  app.get("/api/status/buildinfo", { config }, async () => ({
    version,
    revision: "",
    branch: "",
    buildDate: "",
    buildUser: "",
    goVersion: "",
  }));

  for (const [path, wrapped] of [
    ["/api/traces/:id", false],
    ["/api/v2/traces/:id", true],
  ] as const) {
    app.get<{ Params: { id: string } }>(path, { config }, async (request, reply) => {
      const id = traceIdOf(request.params.id);
      const spans = await traces.trace(id, { signal: goneSignal(reply) });
      if (spans.length === 0) throw new TraceRequestError(NO_TRACE, 404);
      if (wantsProtobuf(request)) {
        return reply.type("application/protobuf").send(traceProtobuf(spans, wrapped));
      }
      const resources = traceJson(spans);
      return reply.send(wrapped ? { trace: { resourceSpans: resources } } : { batches: resources });
    });
  }

  app.get<{ Querystring: Query }>("/api/search", { config }, async (request, reply) => {
    const { query } = request;
    const found = await traces.search(
      {
        ...rangeOf(query),
        query: traces.parse(query["q"] ?? traceqlOfTags(query)),
        limit: wholeNumber("limit", query["limit"], { otherwise: 20, most: 1000 }),
        spansEach: wholeNumber("spss", query["spss"], { otherwise: 3, most: 100 }),
      },
      { signal: goneSignal(reply) },
    );
    return { traces: found.map(searchResult), metrics: { inspectedTraces: found.length } };
  });

  app.get<{ Querystring: Query }>("/api/search/tags", { config }, async (request, reply) => {
    const scopes = await scopesOf(request.query, { signal: goneSignal(reply) });
    return { tagNames: [...new Set(scopes.flatMap(({ tags }) => tags))].sort() };
  });
  app.get<{ Querystring: Query }>("/api/v2/search/tags", { config }, async (request, reply) => ({
    scopes: await scopesOf(request.query, { signal: goneSignal(reply) }),
  }));

  async function scopesOf(query: Query, options: { readonly signal: AbortSignal }) {
    const wanted = query["scope"] ?? "";
    if (!["", "none", "span", "resource", "intrinsic"].includes(wanted)) {
      throw new TraceRequestError(`scope must be span, resource or intrinsic, not ${wanted}`);
    }
    const has = (name: string) => wanted === "" || wanted === "none" || wanted === name;
    const range = rangeOf(query);
    const [resource, span] = await Promise.all([
      has("resource") ? traces.attributeNames("resource", range, options) : [],
      has("span") ? traces.attributeNames("span", range, options) : [],
    ]);
    return [
      { name: "resource", tags: resource },
      { name: "span", tags: span },
      { name: "intrinsic", tags: has("intrinsic") ? INTRINSIC_TAGS : [] },
    ].filter(({ tags }) => tags.length > 0);
  }

  const values = async (request: FastifyRequest, signal: AbortSignal) => {
    const { tag } = request.params as { readonly tag: string };
    const field = fieldOf(tag);
    return {
      keyword: field.kind === "intrinsic" && (field.name === "status" || field.name === "kind"),
      list: await traces.fieldValues(field, rangeOf(request.query as Query), { signal }),
    };
  };
  app.get("/api/search/tag/:tag/values", { config }, async (request, reply) => ({
    tagValues: (await values(request, goneSignal(reply))).list,
  }));
  app.get("/api/v2/search/tag/:tag/values", { config }, async (request, reply) => {
    const { keyword, list } = await values(request, goneSignal(reply));
    const type = keyword ? "keyword" : "string";
    return { tagValues: list.map((value) => ({ type, value })) };
  });

  /** A tag as both versions of the API name it: `service.name`, `.service.name`, `span.x`, `status`. */
  function fieldOf(tag: string): Field {
    const written = /^(?:\.|span\.|resource\.|\w+:)/.test(tag) || INTRINSIC_TAGS.includes(tag);
    return traces.field(written ? tag : `.${tag}`);
  }
}

function wantsProtobuf(request: FastifyRequest): boolean {
  return (request.headers.accept ?? "").includes("application/protobuf");
}

/** The older form of a search: logfmt of tags, and bounds of a trace's duration. */
function traceqlOfTags(query: Query): string {
  const form: { operation?: string; status?: string } = {};
  const attributes: [string, string][] = [];
  for (const [name, value] of tagsOf(query["tags"] ?? "")) {
    if (name === "name" || name === "span.name") form.operation = value;
    else if (name === "status" && /^(?:error|ok|unset)$/.test(value)) form.status = value;
    else attributes.push([name, value]);
  }
  return traceqlOfForm({
    ...form,
    attributes,
    least: durationNs("minDuration", query["minDuration"]),
    most: durationNs("maxDuration", query["maxDuration"]),
    durationOf: "traceDuration",
  });
}

function tagsOf(text: string): [name: string, value: string][] {
  try {
    return readTags(text);
  } catch (error) {
    throw new TraceRequestError(`tags: ${messageOf(error)}`);
  }
}

function searchResult(trace: FoundTrace) {
  const spanSet = {
    spans: trace.found.map((span) => ({
      spanID: span.spanId,
      name: span.name,
      startTimeUnixNano: String(span.startNs),
      durationNanos: String(span.durationNs),
      attributes: [{ key: "service.name", value: { stringValue: span.service } }],
    })),
    matched: trace.matched,
  };
  return {
    traceID: trace.traceId,
    rootServiceName: trace.rootService,
    rootTraceName: trace.rootName,
    startTimeUnixNano: String(trace.startNs),
    durationMs: Number(trace.durationNs / 1_000_000n),
    spanSet,
    spanSets: [spanSet],
  };
}
