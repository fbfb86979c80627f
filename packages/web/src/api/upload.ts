import { addressOf } from "@seaworthy/contract";
import type { AnswerOf, InputOf, Operation } from "@seaworthy/contract";
import { readProblem, unreachable } from "./call.ts";

/**
 * Sends a file to an operation that takes one, and tells how much of it has gone (0 to 1): fetch() cannot.
 * Throws ApiError; an abort by `signal` leaves the promise open, as nobody waits for it any more.
 */
export function upload<O extends Operation>(
  operation: O,
  input: Omit<InputOf<O>, "body">,
  file: Blob,
  options: { readonly onProgress: (share: number) => void; readonly signal: AbortSignal },
): Promise<AnswerOf<O>> {
  const given = input as { params?: unknown; query?: unknown };
  const request = new XMLHttpRequest();
  request.open(operation.method, addressOf(operation, given));
  // What it is the server sees for itself.
  request.setRequestHeader("content-type", "application/octet-stream");
  request.upload.addEventListener("progress", ({ loaded, total, lengthComputable }) => {
    if (lengthComputable) options.onProgress(loaded / total);
  });
  options.signal.addEventListener("abort", () => request.abort());
  return new Promise((resolve, reject) => {
    request.addEventListener("error", () => reject(unreachable()));
    request.addEventListener("load", () => {
      const { status, responseText } = request;
      if (status >= 200 && status < 300) resolve(JSON.parse(responseText) as AnswerOf<O>);
      else {
        const answer = new Response(responseText, { status: status === 0 ? 500 : status });
        void readProblem(answer).then(reject);
      }
    });
    request.send(file);
  });
}
