import type { Target } from "../config/route-config.ts";
import { readSecret } from "./http/secrets.ts";

/** The URL that a target says, or that its file holds. Throws when it is none. */
export async function urlOf(target: Target, expand = (text: string) => text): Promise<string> {
  const url = expand("url" in target ? target.url : await readSecret(target.file));
  // The text is a secret: it is not shown.
  if (!URL.canParse(url)) throw new Error("the receiver's URL is not valid");
  return url;
}
