import { z } from "zod";
import type { PagingConfig } from "./respond/index.ts";

const filled = z.string().min(1);
const secret = { text: filled.optional(), file: filled.optional() };

/** `paging` in seaworthy.yml: by what people are reached. */
export const pagingSchema = z
  .strictObject({
    email: z
      .strictObject({
        smarthost: z.string().regex(/^(?:[\w.-]+|\[[\da-fA-F:.]+\]):\d{1,5}$/, "is not host:port"),
        from: z.string().regex(/^[^\r\n]*@[^\r\n]*$/, "is not an address to send from"),
        username: filled.optional(),
        password: secret.text,
        password_file: secret.file,
        require_tls: z.boolean().default(true),
      })
      .superRefine((email, context) => {
        const given = [email.password, email.password_file].filter((one) => one !== undefined);
        const fault =
          given.length > 1
            ? "set password or password_file, not both"
            : email.username !== undefined && given.length === 0
              ? "a username needs password or password_file"
              : undefined;
        if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
      })
      .optional(),
    twilio: z
      .strictObject({
        account_sid: filled,
        auth_token: secret.text,
        auth_token_file: secret.file,
        from: z.string().regex(/^\+[1-9]\d{6,14}$/, "is not a number such as +4930123456"),
        api_url: z.url({ protocol: /^https?$/ }).default("https://api.twilio.com"),
      })
      .refine(
        (twilio) => (twilio.auth_token === undefined) !== (twilio.auth_token_file === undefined),
        "set either auth_token or auth_token_file",
      )
      .optional(),
    allow_private_addresses: z.boolean().default(false),
  })
  .prefault({});

/** The settings with names of files made absolute by `beside`. */
export function readPaging(
  { email, twilio, allow_private_addresses }: z.output<typeof pagingSchema>,
  beside: (path: string) => string,
): PagingConfig {
  const secretOf = (text: string | undefined, file: string | undefined) =>
    file === undefined ? { text: text ?? "" } : { file: beside(file) };
  const at = email?.smarthost.lastIndexOf(":") ?? 0;
  return {
    email: email && {
      host: email.smarthost.slice(0, at).replace(/^\[|\]$/g, ""),
      port: Number(email.smarthost.slice(at + 1)),
      from: email.from,
      username: email.username ?? "",
      password: secretOf(email.password, email.password_file),
      requireTls: email.require_tls,
    },
    telephone: twilio && {
      url: twilio.api_url.replace(/\/+$/, ""),
      account: twilio.account_sid,
      token: secretOf(twilio.auth_token, twilio.auth_token_file),
      from: twilio.from,
    },
    allowPrivateAddresses: allow_private_addresses,
  };
}
