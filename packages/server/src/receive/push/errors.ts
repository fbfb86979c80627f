import { SeaworthyError } from "../../model/index.ts";

/** A request that pushes telemetry and cannot be taken at all: nothing of it has been stored. */
export class PushError extends SeaworthyError {
  readonly code:
    | "request_malformed"
    | "too_many_samples"
    | "media_type_unsupported"
    | "body_too_large";
  override readonly status: number;

  constructor(code: PushError["code"], message: string) {
    super(message);
    this.name = "PushError";
    this.code = code;
    this.status = { media_type_unsupported: 415, body_too_large: 413 }[code as string] ?? 400;
  }
}
