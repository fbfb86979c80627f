import { createHash } from "node:crypto";

export interface BreachListOptions {
  /** Where ranges are asked for. Default: https://api.pwnedpasswords.com/range/. */
  readonly endpoint?: string;
  /** Milliseconds for the answer. Default: 2000. */
  readonly timeoutMs?: number;
}

const maxAnswer = 1_000_000;

/**
 * Asks how often a password was seen in breaches, by k-anonymity: the first five digits of its SHA-1
 * leave this process, nothing else, and the answer is padded so that its size says nothing.
 *
 * @returns 0 when it was not seen
 * @throws when the list cannot be asked
 */
export async function timesBreached(
  password: string,
  options: BreachListOptions = {},
): Promise<number> {
  const endpoint = options.endpoint ?? "https://api.pwnedpasswords.com/range/";
  const hash = createHash("sha1").update(password.normalize("NFC")).digest("hex").toUpperCase();
  const response = await fetch(endpoint + hash.slice(0, 5), {
    headers: { "add-padding": "true", accept: "text/plain" },
    redirect: "error",
    signal: AbortSignal.timeout(options.timeoutMs ?? 2_000),
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`the breach list answered ${response.status}`);
  }
  const text = await limitedText(response);
  const rest = hash.slice(5);
  for (const line of text.split("\n")) {
    const [suffix, count] = line.trim().split(":", 2);
    if (suffix?.toUpperCase() === rest) return Number.parseInt(count ?? "", 10) || 0;
  }
  return 0;
}

async function limitedText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  if (response.body === null) return text;
  for await (const chunk of response.body) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > maxAnswer) throw new Error("the breach list's answer is too long");
  }
  return text;
}
