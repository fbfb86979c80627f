import type { ContactMethod, IncidentSeverity } from "../../model/index.ts";
import { localOf } from "../../model/index.ts";
import { readSubscription } from "./push/subscription.ts";

/** Whether it is quiet for a way of reaching somebody. */
function isQuiet({ quiet }: ContactMethod, at: number): boolean {
  if (quiet === null) return false;
  const local = localOf(at, quiet.timeZone).toPlainTime().toString({ smallestUnit: "minute" });
  return quiet.from < quiet.to
    ? quiet.from <= local && local < quiet.to
    : quiet.from <= local || local < quiet.to;
}

/** The ways by which a person is paged about an incident now: P1 breaks quiet hours. */
export function waysNow<Way extends ContactMethod>(
  ways: readonly Way[],
  severity: IncidentSeverity,
  at: number,
): readonly Way[] {
  if (severity === "maintenance") return [];
  return ways.filter(
    (way) => way.severities.includes(severity) && (severity === "P1" || !isQuiet(way, at)),
  );
}

const E164 = /^\+[1-9]\d{6,14}$/;
const EMAIL = /^[^\s@<>,;"()]+@[^\s@<>,;"()]+$/;

/** What is wrong with an address of its kind; undefined when nothing is. */
export function addressFault({
  kind,
  address,
}: Pick<ContactMethod, "kind" | "address">): string | undefined {
  if (kind === "email") {
    return EMAIL.test(address) && address.length <= 254 ? undefined : "is not an e-mail address";
  }
  if (kind === "sms" || kind === "voice") {
    return E164.test(address)
      ? undefined
      : "is not a telephone number in international form, such as +4930123456";
  }
  if (kind === "push") {
    const read = readSubscription(address);
    return "fault" in read ? read.fault : undefined;
  }
  if (!URL.canParse(address)) return "is not a URL";
  const { protocol, username, password } = new URL(address);
  if (username !== "" || password !== "") return "must not carry a user name or password";
  return protocol === "https:" || protocol === "http:" ? undefined : "must begin with https://";
}
