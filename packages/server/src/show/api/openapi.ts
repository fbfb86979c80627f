import { operations, problem } from "@seaworthy/contract";
import type { Access, Operation } from "@seaworthy/contract";
import { z } from "zod";

type Json = Readonly<Record<string, unknown>>;

function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}

/** The properties of an object schema as OpenAPI parameters. */
function parametersOf(schema: z.ZodType, where: "path" | "query"): Json[] {
  const { properties = {}, required = [] } = schemaOf(schema, "input") as {
    properties?: Readonly<Record<string, Json>>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === "path" || required.includes(name),
    schema: property,
  }));
}

function requestBody({ method, body, bodyTypes }: Operation): Json {
  if (bodyTypes !== undefined) {
    const file = { schema: { type: "string", format: "binary" } };
    const content = Object.fromEntries(bodyTypes.map((type) => [type, file]));
    return { requestBody: { required: true, content } };
  }
  const schema = schemaOf(body, "input") as { properties?: Json; required?: readonly string[] };
  const takesNone = Object.keys(schema.properties ?? {}).length === 0;
  if ((method !== "POST" && method !== "PUT") || takesNone) return {};
  const required = (schema.required ?? []).length > 0;
  return { requestBody: { required, content: { "application/json": { schema } } } };
}

const ACCESS_TEXT: Readonly<Record<Access, string>> = {
  public: "Open to everybody.",
  controls: "Needs a token for the service, or the scope `read`.",
  ingest: "Needs the scope `ingest`.",
  read: "Needs the scope `read`.",
  write: "Needs the scope `write`.",
  admin: "Needs the scope `admin`.",
};

function describe(id: string, operation: Operation): Json {
  return {
    operationId: id,
    summary: operation.summary,
    description: ACCESS_TEXT[operation.access],
    tags: [operation.path.split("/")[2] ?? "api"],
    security: operation.access === "public" ? [] : [{ bearer: [] }, { basic: [] }, { session: [] }],
    parameters: [
      ...parametersOf(operation.params, "path"),
      ...parametersOf(operation.query, "query"),
    ],
    ...requestBody(operation),
    responses: {
      [operation.status]: {
        description: "Success",
        content: { "application/json": { schema: schemaOf(operation.answer, "output") } },
      },
      default: { $ref: "#/components/responses/problem" },
    },
  };
}

/** The own API as OpenAPI 3.1, made from the contract. */
export function openApiDocument(version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [id, operation] of Object.entries(operations)) {
    const path = operation.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(id, operation) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Seaworthy",
      version,
      description: "The own API. Prometheus's, Alertmanager's and other protocols keep their own.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "An API token or ingest key." },
        basic: { type: "http", scheme: "basic", description: "Any name; the token as password." },
        session: { type: "apiKey", in: "cookie", name: "seaworthy_session" },
      },
      responses: {
        problem: {
          description: "What went wrong (RFC 9457), with a stable `code`",
          content: { "application/problem+json": { schema: schemaOf(problem, "output") } },
        },
      },
    },
  };
}
