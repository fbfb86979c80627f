import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * Whether the telephone service itself sent a form: the signature is the HMAC-SHA1 of the URL, followed
 * by each field's name and value in the order of their names, under the account's token (Twilio's
 * "Webhooks Security").
 */
export function isSignedForm(
  token: string,
  url: string,
  fields: URLSearchParams,
  signature: string,
): boolean {
  const names = [...new Set(fields.keys())].toSorted();
  const signed = names.map((name) => name + fields.getAll(name).join("")).join("");
  const right = createHmac("sha1", token)
    .update(url + signed)
    .digest();
  const given = Buffer.from(signature, "base64");
  return given.length === right.length && timingSafeEqual(given, right);
}

/** What somebody says by a text message: that they take it on, which incident they mean, or something else. */
export function readReply(text: string): { readonly number: number | undefined } | undefined {
  const found = /^\s*(?:ok|okay|yes|ack|acknowledge|1)?\s*(?:#(\d{1,9}))?\s*[.!]?\s*$/i.exec(
    text.slice(0, 200),
  );
  if (found === null || text.trim() === "") return undefined;
  return { number: found[1] === undefined ? undefined : Number(found[1]) };
}
