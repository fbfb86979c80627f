import { AccessError } from "./errors.ts";
import type { Principal } from "./scopes.ts";

/** The person who asks. Throws `person_required` for a token: it has no account of its own. */
export function personOf(by: Principal): Extract<Principal, { kind: "person" }> {
  if (by.kind === "person") return by;
  throw new AccessError("person_required", "This is for people who are signed in, not for tokens.");
}
