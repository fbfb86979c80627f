import { isIP } from "node:net";
import { z } from "zod";
import { size } from "./config-values.ts";
import { ConfigError } from "./model/index.ts";
import type { SyslogSettings } from "./receive/index.ts";

const KiB = 1024;
/** What a message may have unless the file says otherwise, bytes; and the most that may be said. */
const MESSAGE_BYTES = 64 * KiB;
const MOST_MESSAGE_BYTES = 256 * KiB;

const listener = z.strictObject({
  listen: z
    .string()
    .regex(
      /^(?:[\w.-]+|\[[\da-fA-F:.]+\]):\d{1,5}$/,
      "is not an address and a port such as 127.0.0.1:5514",
    ),
  transports: z
    .array(z.enum(["tcp", "udp"]))
    .min(1)
    .default(["tcp", "udp"]),
  allow: z.array(z.string().refine(isNetwork, "is not a network such as 10.0.0.0/8")).default([]),
  labels: z
    .record(z.string().regex(/^[A-Za-z_]\w{0,99}$/, "is not a label's name"), z.string().max(1000))
    .default({}),
  max_message: size
    .refine((bytes) => bytes >= 480 && bytes <= MOST_MESSAGE_BYTES, "is between 480 and 256KiB")
    .default(MESSAGE_BYTES),
});

/** `syslog` of seaworthy.yml: where it is listened to; nowhere by default. */
export const syslogSchema = z.array(listener).max(16).default([]);

/**
 * The listeners of the configuration. Syslog has no keys: who may send is told by networks, so that an
 * address that others reach needs to name them. Throws ConfigError where it does not.
 */
export function readSyslog(file: string, given: z.output<typeof syslogSchema>): SyslogSettings[] {
  return given.map(({ listen, transports, allow, labels, max_message: maxMessageBytes }, index) => {
    const colon = listen.lastIndexOf(":");
    const host = listen.slice(0, colon).replaceAll(/^\[|\]$/g, "");
    if (allow.length === 0 && !/^(?:127\.|::1$|localhost$)/.test(host)) {
      throw new ConfigError([
        {
          file,
          line: 1,
          column: 1,
          path: `syslog[${index}].allow`,
          reason: `${listen} is not on loopback, and syslog has no keys: name the networks that may send, such as [10.0.0.0/8]`,
        },
      ]);
    }
    return {
      host,
      port: Number(listen.slice(colon + 1)),
      transports,
      allow,
      labels,
      maxMessageBytes,
    };
  });
}

function isNetwork(text: string): boolean {
  const [address = "", bits, more] = text.split("/");
  const family = isIP(address);
  if (family === 0 || more !== undefined) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32))
  );
}
