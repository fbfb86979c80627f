import { z } from "zod";
import { network, size } from "./config-values.ts";
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
    .array(z.enum(["tcp", "udp", "tls"]))
    .min(1)
    .optional(),
  cert_file: z.string().min(1).optional(),
  key_file: z.string().min(1).optional(),
  client_ca_file: z.string().min(1).optional(),
  allow: z.array(network).default([]),
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
 * The listeners of the configuration. Syslog has no keys: who may send is told by networks, or by
 * certificates, so that an address that others reach needs to name one of them. `beside` finds a file
 * that is named in the configuration. Throws ConfigError where something is missing.
 */
export function readSyslog(
  file: string,
  given: z.output<typeof syslogSchema>,
  beside: (path: string) => string,
): SyslogSettings[] {
  return given.map((listener, index) => {
    const { listen, allow, labels, max_message: maxMessageBytes } = listener;
    const refuse = (key: string, reason: string) => {
      const path = `syslog[${index}].${key}`;
      throw new ConfigError([{ file, line: 1, column: 1, path, reason }]);
    };
    const { cert_file: cert, key_file: key, client_ca_file: clientCa } = listener;
    const tls =
      cert === undefined || key === undefined
        ? undefined
        : {
            certFile: beside(cert),
            keyFile: beside(key),
            clientCaFile: clientCa === undefined ? undefined : beside(clientCa),
          };
    const transports = listener.transports ?? (tls === undefined ? ["tcp", "udp"] : ["tls"]);
    const isSecure = transports.includes("tls");
    if (isSecure && tls === undefined) {
      refuse(cert === undefined ? "cert_file" : "key_file", "is needed for tls");
    }
    if (!isSecure && (cert ?? key ?? clientCa) !== undefined) {
      refuse("transports", "does not name tls, which the certificates are for");
    }
    if (isSecure && transports.includes("tcp")) {
      refuse("transports", "names tcp and tls; give each a port of its own");
    }
    const colon = listen.lastIndexOf(":");
    const host = listen.slice(0, colon).replaceAll(/^\[|\]$/g, "");
    const areKnown = clientCa !== undefined && !transports.includes("udp");
    if (allow.length === 0 && !areKnown && !/^(?:127\.|::1$|localhost$)/.test(host)) {
      refuse(
        "allow",
        `${listen} is not on loopback, and syslog has no keys: name the networks that may send, such as [10.0.0.0/8], or listen for tls alone with client_ca_file`,
      );
    }
    const port = Number(listen.slice(colon + 1));
    return { host, port, transports, tls, allow, labels, maxMessageBytes };
  });
}
