import { SeaworthyError } from "../../model/index.ts";

/** Why a probe failed: the target's fault, seen as `probe_success` 0. */
export class ProbeFault extends Error {
  override readonly name = "ProbeFault";
}

/** Why a probe was not made at all: the asker's fault. Its message is shown. */
export class ProbeRefused extends SeaworthyError {
  readonly code = "probe_refused";
  override readonly name = "ProbeRefused";
  override readonly status: number;

  constructor(status: 400 | 403 | 503, message: string) {
    super(message);
    this.status = status;
  }
}
