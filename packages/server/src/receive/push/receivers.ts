import type { SampleSink } from "../../model/index.ts";
import type { SelfMetrics } from "../../self/index.ts";
import { createAdmission } from "../admit.ts";
import { createRemoteWrite } from "../remote-write/receiver.ts";
import type { RemoteWrite } from "../remote-write/receiver.ts";
import { defaultPushLimits } from "./limits.ts";
import type { PushLimits } from "./limits.ts";

/** Everything that takes pushed metrics. */
export interface PushReceivers {
  readonly remoteWrite: RemoteWrite;
}

export interface PushOptions {
  readonly samples: SampleSink;
  readonly metrics: Pick<SelfMetrics, "dropped">;
  readonly limits?: Partial<PushLimits>;
}

/** Makes the receivers, which share the memory for bodies. */
export function createPushReceivers({ samples, metrics, limits }: PushOptions): PushReceivers {
  const all = { ...defaultPushLimits, ...limits };
  const options = { samples, metrics, limits: all, admission: createAdmission(all.heldBytes) };
  return { remoteWrite: createRemoteWrite(options) };
}
