import type { Clock, SampleSink } from "../../model/index.ts";
import type { SelfMetrics } from "../../self/index.ts";
import { createAdmission } from "../admit.ts";
import { createOtlpMetrics } from "../otlp/receiver.ts";
import type { OtlpMetrics } from "../otlp/receiver.ts";
import { defaultOtlpSettings } from "../otlp/settings.ts";
import type { OtlpSettings } from "../otlp/settings.ts";
import { createRemoteWrite } from "../remote-write/receiver.ts";
import type { RemoteWrite } from "../remote-write/receiver.ts";
import { defaultPushLimits } from "./limits.ts";
import type { PushLimits } from "./limits.ts";
import { Quotas } from "./quotas.ts";
import type { SenderUse } from "./quotas.ts";

/** Everything that takes pushed metrics. */
export interface PushReceivers {
  readonly remoteWrite: RemoteWrite;
  readonly otlp: OtlpMetrics;
  /** What senders whose keys have limits have used. */
  senders(): SenderUse[];
}

export interface PushOptions {
  readonly samples: SampleSink;
  readonly metrics: Pick<SelfMetrics, "dropped">;
  readonly clock: Clock;
  readonly limits?: Partial<PushLimits>;
  /** How OTLP's metrics become series; the defaults when left out. */
  readonly otlp?: () => OtlpSettings;
}

/** Makes the receivers, which share the memory for bodies. */
export function createPushReceivers(given: PushOptions): PushReceivers {
  const { limits, otlp = () => defaultOtlpSettings, ...rest } = given;
  const all = { ...defaultPushLimits, ...limits };
  const quotas = new Quotas(given.samples, given.clock);
  const options = { ...rest, quotas, limits: all, admission: createAdmission(all.heldBytes) };
  return {
    senders: () => quotas.use(),
    remoteWrite: createRemoteWrite(options),
    otlp: createOtlpMetrics({ ...options, settings: otlp }),
  };
}
