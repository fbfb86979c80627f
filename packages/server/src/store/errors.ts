import { SeaworthyError } from "../model/index.ts";

/** The stores' errors: they cannot be opened, or they refused work. */
export class StoreError extends SeaworthyError {
  readonly code:
    | "store_unavailable"
    | "data_folder_in_use"
    | "data_folder_unusable"
    /** More is being written than the engine can take; try again later. */
    | "store_overloaded"
    /** Another server works on it now. */
    | "lease_lost"
    | "query_timeout"
    | "query_too_large"
    | "query_cancelled";
  override readonly status = 503;

  constructor(code: StoreError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
    this.code = code;
  }
}
