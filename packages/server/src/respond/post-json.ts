import { defaultHttpConfig } from "../route/index.ts";
import type { HttpSender, Outcome } from "../route/index.ts";

/** Posts JSON once to an address that somebody gave us. `id` is the same for each attempt. */
export function postJson(
  http: HttpSender,
  {
    id,
    address,
    body,
    allowPrivateAddresses,
  }: {
    readonly id: string;
    readonly address: string;
    readonly body: unknown;
    readonly allowPrivateAddresses: boolean;
  },
): Promise<Outcome> {
  return http.post({
    url: address,
    body: JSON.stringify(body),
    http: defaultHttpConfig,
    idempotencyKey: id,
    timeout: 0,
    publicOnly: !allowPrivateAddresses,
  });
}
