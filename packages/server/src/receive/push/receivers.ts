import type { Clock, SampleSink } from "../../model/index.ts";
import type { SelfMetrics } from "../../self/index.ts";
import { createAdmission } from "../admit.ts";
import { createOtlpMetrics } from "../otlp/receiver.ts";
import type { OtlpMetrics } from "../otlp/receiver.ts";
import { createRemoteWrite } from "../remote-write/receiver.ts";
import type { RemoteWrite } from "../remote-write/receiver.ts";
import { defaultPushLimits } from "./limits.ts";
import type { PushLimits } from "./limits.ts";

/** Everything that takes pushed metrics. */
export interface PushReceivers {
  readonly remoteWrite: RemoteWrite;
  readonly otlp: OtlpMetrics;
}

export interface PushOptions {
  readonly samples: SampleSink;
  readonly metrics: Pick<SelfMetrics, "dropped">;
  readonly clock: Clock;
  readonly limits?: Partial<PushLimits>;
}

/** Makes the receivers, which share the memory for bodies. */
export function createPushReceivers({ limits, ...rest }: PushOptions): PushReceivers {
  const all = { ...defaultPushLimits, ...limits };
  const options = { ...rest, limits: all, admission: createAdmission(all.heldBytes) };
  return { remoteWrite: createRemoteWrite(options), otlp: createOtlpMetrics(options) };
}
