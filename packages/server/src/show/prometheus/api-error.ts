import { PromqlError } from "@seaworthy/promql";
import { SeaworthyError } from "../../model/index.ts";
import { StoreError } from "../../store/index.ts";

/** The error types of Prometheus's HTTP API, with the status that each is answered with. */
const STATUS = {
  bad_data: 400,
  not_found: 404,
  execution: 422,
  canceled: 499,
  internal: 500,
  timeout: 503,
  unavailable: 503,
} as const;

export type ErrorType = keyof typeof STATUS;

/** A request that is refused, in Prometheus's terms. */
export class ApiError extends SeaworthyError {
  readonly code = "prometheus_api";
  readonly errorType: ErrorType;
  override readonly status: number;

  constructor(errorType: ErrorType, message: string) {
    super(message);
    this.name = "ApiError";
    this.errorType = errorType;
    this.status = STATUS[errorType];
  }
}

/** A parameter that cannot be read; worded as Prometheus does. */
export function invalidParameter(name: string, reason: string): ApiError {
  return new ApiError("bad_data", `invalid parameter "${name}": ${reason}`);
}

const PROMQL_TYPES: Readonly<Record<PromqlError["kind"], ErrorType>> = {
  parse: "bad_data",
  execution: "execution",
  // Prometheus answers "too many samples" as a failed execution, too.
  limit: "execution",
  unsupported: "execution",
  canceled: "canceled",
  timeout: "timeout",
};

/** What was thrown, if it is an error of a query or its store; undefined for all else. */
export function apiErrorOf(thrown: unknown): ApiError | undefined {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof PromqlError) {
    return new ApiError(PROMQL_TYPES[thrown.kind], thrown.message);
  }
  if (thrown instanceof StoreError) return new ApiError("unavailable", thrown.message);
  return undefined;
}
