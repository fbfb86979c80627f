import { messageOf } from "../../model/index.ts";
import { StoreError } from "../errors.ts";

/** ClickHouse's own error numbers that mean something to a caller. */
export const CODES: Readonly<Record<number, StoreError["code"]>> = {
  158: "query_too_large", // TOO_MANY_ROWS
  159: "query_timeout", // TIMEOUT_EXCEEDED
  241: "query_too_large", // MEMORY_LIMIT_EXCEEDED
  243: "data_folder_unusable", // NOT_ENOUGH_SPACE
  252: "store_overloaded", // TOO_MANY_PARTS
  396: "query_too_large", // TOO_MANY_ROWS_OR_BYTES
  394: "query_cancelled", // QUERY_WAS_CANCELLED
};

/** Turns whatever the engine or the file system threw into a StoreError that says what to do. */
export function storeErrorOf(error: unknown, dir: string): StoreError {
  if (error instanceof StoreError) return error;
  const message = messageOf(error);
  const options = { cause: error };
  const code = CODES[engineCode(message) ?? 0];
  if (code === "data_folder_unusable" || /No space left|ENOSPC|Disk quota|EDQUOT/.test(message)) {
    return new StoreError(
      "data_folder_unusable",
      `the disk of ${dir} is full; free space or move the data folder; what is stored is intact`,
      options,
    );
  }
  if (/Read-only file system|EROFS|EACCES|Permission denied/.test(message)) {
    return new StoreError(
      "data_folder_unusable",
      `${dir} cannot be written to (${firstSentence(message)}); make it writable or choose another folder with --data`,
      options,
    );
  }
  return new StoreError(
    code ?? "store_unavailable",
    explain(code ?? "store_unavailable", firstSentence(message)),
    options,
  );
}

/** The error for a folder that another process has open. */
export function folderInUse(dir: string, cause: unknown): StoreError {
  return new StoreError(
    "data_folder_in_use",
    `the metrics in ${dir} are in use by another process; stop it, or choose another folder with --data`,
    { cause },
  );
}

/** What a caller can make of an error, and what the engine said. */
export function explain(code: StoreError["code"], said: string): string {
  return `${EXPLAINED[code] ?? "the metrics store refused"}: ${said}`;
}

const EXPLAINED: Readonly<Partial<Record<StoreError["code"], string>>> = {
  query_timeout: "the query took too long; ask for less time or fewer series",
  query_too_large: "the query needs too much memory; ask for less time or fewer series",
  query_cancelled: "the query was cancelled",
  store_overloaded: "the metrics store cannot keep up with the writes; send larger batches",
};

function engineCode(message: string): number | undefined {
  const digits = /Code: (\d+)\./.exec(message)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The engine's messages carry the whole statement and its settings; the start says what happened. */
function firstSentence(message: string): string {
  return message
    .replace(/^.*?DB::Exception: /s, "")
    .replace(/\n.*$/s, "")
    .slice(0, 300);
}
