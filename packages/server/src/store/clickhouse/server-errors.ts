import { ClickHouseError } from "@clickhouse/client";
import { messageOf } from "../../model/index.ts";
import { StoreError } from "../errors.ts";
import { CODES, explain } from "./engine-errors.ts";
import type { ServerAddress } from "./server-address.ts";

/** ClickHouse's error numbers for who asks and what that may. */
const REFUSED_USER = new Set([192, 193, 194, 516]); // UNKNOWN_USER … AUTHENTICATION_FAILED
const REFUSED_RIGHT = new Set([164, 497]); // READONLY, ACCESS_DENIED
const UNKNOWN_DATABASE = 81;
const UNKNOWN_SETTING = 115;
/** NOT_ENOUGH_SPACE, and what the operating system says of a full disk. */
const DISK_FULL = 243;
/** The server, or the Keeper behind it, is busy or on its way: another moment may serve. */
const TRANSIENT = new Set([
  202, // TOO_MANY_SIMULTANEOUS_QUERIES
  209, // SOCKET_TIMEOUT
  210, // NETWORK_ERROR
  242, // TABLE_IS_READ_ONLY
  279, // ALL_CONNECTION_TRIES_FAILED
  319, // UNKNOWN_STATUS_OF_INSERT
  999, // KEEPER_EXCEPTION
]);

/** No answer came from the server itself: refused, cut off, a proxy's words instead. */
export class Unreachable extends Error {}

/** Certificates, and those who do not speak TLS, are the same in another moment. */
export function isAboutTls(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && /CERT|^ERR_(TLS|SSL)|^UNABLE_TO_|^EPROTO$/.test(code);
}

/** Whether the same statement may succeed when it is tried again a little later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ClickHouseError) return TRANSIENT.has(Number(error.code));
  return error instanceof Unreachable;
}

/** Turns what the client threw into a StoreError that says what to do. */
export function serverErrorOf(error: unknown, address: ServerAddress): StoreError {
  if (error instanceof StoreError) return error;
  const where = `ClickHouse at ${address.url}`;
  const unavailable = (message: string) =>
    new StoreError("store_unavailable", message, { cause: error });
  if (!(error instanceof ClickHouseError)) {
    return unavailable(
      `${where} is not reachable: ${messageOf(error).slice(0, 300)}; check clickhouse.url${isAboutTls(error) ? ", clickhouse.ca_file" : ""} and the server`,
    );
  }
  const code = Number(error.code);
  const said = error.message.replace(/\s+/g, " ").slice(0, 300).trim();
  if (REFUSED_USER.has(code)) {
    return unavailable(
      `${where} refuses the user "${address.user}" or its password; check clickhouse.url, clickhouse.password_file and SEAWORTHY_CLICKHOUSE_PASSWORD`,
    );
  }
  if (REFUSED_RIGHT.has(code)) {
    return unavailable(`${where} does not let the user "${address.user}" do this: ${said}`);
  }
  if (code === UNKNOWN_DATABASE) {
    return unavailable(
      `${where} has no database "${address.database}"; create it, or name another one in clickhouse.url`,
    );
  }
  if (code === UNKNOWN_SETTING) return unavailable(`${where} is too old: ${said}`);
  if (code === DISK_FULL || /No space left|Disk quota/.test(said)) {
    return new StoreError(
      "data_folder_unusable",
      `the disk of ${where} is full; free space there; what is stored is intact`,
      { cause: error },
    );
  }
  const known = CODES[code];
  if (known !== undefined) return new StoreError(known, explain(known, said), { cause: error });
  return unavailable(`${where} refused: ${said}`);
}
