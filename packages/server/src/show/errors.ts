import { STATUS_CODES } from "node:http";
import type { Problem } from "@seaworthy/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import { AccessError } from "../access/index.ts";
import { SeaworthyError, messageOf } from "../model/index.ts";

/** What went wrong, before it takes the form of a protocol. */
interface Failure {
  readonly status: number;
  /** Stable and documented. */
  readonly code: string;
  readonly detail: string;
  readonly errors?: Problem["errors"];
  readonly retryAfterSeconds?: number | undefined;
}

/** A request that a schema refused; names every field that it refused. */
export class RequestError extends SeaworthyError {
  readonly code = "request_invalid";
  override readonly status = 400;
  readonly fields: readonly { readonly field: string; readonly reason: string }[];

  constructor(fields: RequestError["fields"]) {
    super(fields.map(({ field, reason }) => `${field}: ${reason}`).join("; "));
    this.name = "RequestError";
    this.fields = fields;
  }
}

/** What the show room itself refuses. */
export class ShowError extends SeaworthyError {
  readonly code:
    | "address_unusable"
    | "not_found"
    | "host_refused"
    | "too_many_watchers"
    | "too_many_control_streams"
    | "controls_of_other_service"
    | "probe_not_configured"
    | "trace_not_found"
    | "traceql_refused"
    | "starting"
    | "ui_not_built"
    | "answer_broke_contract";
  override readonly status: number;

  /** Seconds after which another attempt may succeed. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ShowError["code"],
    status: number,
    message: string,
    retryAfterSeconds?: number,
  ) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
    this.name = "ShowError";
    this.code = code;
    this.status = status;
  }
}

const FRAMEWORK_CODES: Readonly<Record<string, readonly [code: string, detail: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ["body_too_large", "The body is larger than this route takes."],
  FST_ERR_CTP_INVALID_JSON_BODY: ["body_not_json", "The body is not JSON."],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    "media_type_unsupported",
    "This route does not take a body of this Content-Type; the own API takes application/json.",
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    "body_truncated",
    "The body's length is not what Content-Length said.",
  ],
  FST_ERR_BAD_URL: ["url_malformed", "The path is not a valid URL path."],
};

/** PostgreSQL's codes and Node's for "there is no database to talk to". */
const NO_DATABASE = new Set(["ECONNREFUSED", "ECONNRESET", "ENOENT", "EPIPE", "57P01", "57P03"]);

/** Turns anything that was thrown into what may be told outside. */
function failureOf(thrown: unknown): Failure {
  if (thrown instanceof RequestError) {
    return { status: 400, code: thrown.code, detail: thrown.message, errors: [...thrown.fields] };
  }
  if (thrown instanceof SeaworthyError) {
    const retryAfterSeconds =
      thrown instanceof AccessError || thrown instanceof ShowError
        ? thrown.retryAfterSeconds
        : undefined;
    return {
      status: thrown.status,
      code: thrown.code,
      detail: thrown.message,
      retryAfterSeconds,
    };
  }
  const {
    code = "",
    statusCode = 500,
    syscall,
  } = thrown as {
    code?: string;
    statusCode?: number;
    syscall?: string;
  };
  const known = FRAMEWORK_CODES[code];
  if (known !== undefined) return { status: statusCode, code: known[0], detail: known[1] };
  if (statusCode >= 400 && statusCode < 500) {
    return { status: statusCode, code: "request_malformed", detail: messageOf(thrown) };
  }
  if (NO_DATABASE.has(code) && (syscall === "connect" || code.startsWith("57"))) {
    return {
      status: 503,
      code: "store_unavailable",
      detail: "The database does not answer. What was stored is not lost; try again.",
      retryAfterSeconds: 5,
    };
  }
  return {
    status: 500,
    code: "internal",
    detail: "Something went wrong in here. The log tells more under the id of this request.",
  };
}

/** Prometheus's `errorType` by status (its HTTP API, "Format overview"). */
function prometheusErrorType(status: number): string {
  if (status === 401) return "unauthorized";
  if (status === 403) return "forbidden";
  if (status === 404) return "not_found";
  if (status === 422) return "execution";
  if (status === 503) return "unavailable";
  return status < 500 ? "bad_data" : "internal";
}

/**
 * A failure in the form that the path's protocol has for it: Prometheus's envelope, Alertmanager's
 * text or code and message, plain text for the management endpoints, problem details (RFC 9457) elsewhere.
 */
function errorBody(
  path: string,
  failure: Failure,
  requestId: string,
): { readonly type: string; readonly body: string } {
  const { status, code, detail } = failure;
  if (path.startsWith("/api/v1/")) {
    const body = { status: "error", errorType: prometheusErrorType(status), error: detail };
    return { type: "application/json", body: JSON.stringify(body) };
  }
  if (path.startsWith("/api/v2/")) {
    // Its clients are generated from its OpenAPI file, where these have a bare text for a body.
    if (status === 400 || status === 500) {
      return { type: "application/json", body: JSON.stringify(detail) };
    }
    return { type: "application/json", body: JSON.stringify({ code: status, message: detail }) };
  }
  if (path.startsWith("/-/")) return { type: "text/plain; charset=utf-8", body: `${detail}\n` };
  const problem: Problem = {
    type: `urn:seaworthy:error:${code}`,
    title: STATUS_CODES[status] ?? "Error",
    status,
    code,
    detail,
    instance: requestId,
    ...(failure.errors === undefined ? {} : { errors: failure.errors }),
  };
  return { type: "application/problem+json", body: JSON.stringify(problem) };
}

/**
 * Whether a browser's page sent this. Browsers answer `WWW-Authenticate: Basic` with a dialog of their
 * own over the interface, even for fetch(); tools need it to know what to send.
 */
function fromBrowser(request: FastifyRequest): boolean {
  const { headers } = request;
  return (
    headers["sec-fetch-site"] !== undefined ||
    headers.origin !== undefined ||
    headers.cookie !== undefined ||
    (headers["user-agent"] ?? "").startsWith("Mozilla/")
  );
}

/** Answers with a failure. Logs what is our own fault. */
export function sendError(request: FastifyRequest, reply: FastifyReply, thrown: unknown): void {
  const failure = failureOf(thrown);
  if (failure.status >= 500) {
    request.log.error({ err: thrown, requestId: request.id, url: request.url }, "request failed");
  }
  if (failure.status === 401 && !fromBrowser(request)) {
    void reply.header("www-authenticate", 'Basic realm="Seaworthy", Bearer');
  }
  if (failure.retryAfterSeconds !== undefined) {
    void reply.header("retry-after", String(failure.retryAfterSeconds));
  }
  const path = request.url.split("?", 1)[0] ?? "";
  const { type, body } = errorBody(path, failure, request.id);
  void reply.code(failure.status).header("content-type", type).send(body);
}
