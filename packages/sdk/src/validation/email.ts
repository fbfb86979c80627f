import { domainToASCII } from "node:url";
import { z } from "zod";

const maxLocal = 64;
const maxAddress = 254;
const atom = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}$/;
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * An address as it is compared and stored: without space around it, in lower case, its domain in the
 * form of DNS (`münchen.example` is `xn--mnchen-3ya.example`). Undefined when it is none that mail is
 * delivered to: quoted names, addresses in brackets and domains without a dot are not taken.
 */
export function normaliseEmail(text: string): string | undefined {
  if (text.length > 2 * maxAddress) return undefined;
  const [local = "", host, ...rest] = text.trim().toLowerCase().split("@");
  if (host === undefined || rest.length > 0 || local.length > maxLocal) return undefined;
  if (!local.split(".").every((part) => atom.test(part))) return undefined;
  const domain = /^[!-~]+$/.test(host) ? host : domainToASCII(host);
  const labels = domain.split(".");
  const top = labels.at(-1) ?? "";
  if (labels.length < 2 || !labels.every((part) => label.test(part)) || /^\d+$/.test(top))
    return undefined;
  const address = `${local}@${domain}`;
  return address.length > maxAddress ? undefined : address;
}

/** An e-mail address, normalised: see {@link normaliseEmail}. */
export function email() {
  return z.string().transform((text, context) => {
    const address = normaliseEmail(text);
    if (address !== undefined) return address;
    context.addIssue({ code: "custom", message: "must be an e-mail address" });
    return z.NEVER;
  });
}
