import { domainToASCII } from "node:url";
import type { SubscriberKind } from "../../model/index.ts";
import { StatusPageError } from "./errors.ts";

const MAX_ADDRESS = 2000;

/** The address in the one form in which it is kept. Throws `subscription_invalid`. */
export function addressOf(kind: SubscriberKind, given: string): string {
  const text = given.trim();
  const refuse = (reason: string) => new StatusPageError("subscription_invalid", reason);
  if (text === "" || text.length > MAX_ADDRESS)
    throw refuse(`An address has 1 to ${MAX_ADDRESS} characters.`);
  if (kind === "email") {
    const at = text.lastIndexOf("@");
    const [local, host] = [text.slice(0, at), text.slice(at + 1)];
    const domain = domainToASCII(host);
    if (
      at < 1 ||
      local.length > 64 ||
      !/^[\w.!#$%&'*+/=?^`{|}~-]+$/.test(local) ||
      !/^[a-z\d-]+(?:\.[a-z\d-]+)+$/.test(domain)
    )
      throw refuse("That is not an e-mail address.");
    // Mail servers that tell capitals apart are unheard of, and one person is one subscriber.
    return `${local.toLowerCase()}@${domain}`;
  }
  if (!URL.canParse(text)) throw refuse("That is not a URL.");
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw refuse("A webhook's URL begins with https:// or http://.");
  if (url.username !== "" || url.password !== "")
    throw refuse("A webhook's URL carries no name and password.");
  url.hash = "";
  return url.href;
}

/** Whose mailbox an address is, as far as one can tell: what follows a plus is the owner's own sorting. */
export function mailboxOf(address: string): string {
  return address.replace(/\+[^@]*@/, "@");
}
