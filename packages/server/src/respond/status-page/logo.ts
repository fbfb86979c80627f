import { pictureTypeOf } from "../../model/index.ts";

/** What a logo may be at most, in bytes. */
export const MAX_LOGO_BYTES = 256 * 1024;

/** What kind of picture it is, or why it cannot be the logo. */
export function logoFault(bytes: Buffer): { readonly type: string } | { readonly fault: string } {
  if (bytes.length > MAX_LOGO_BYTES) {
    return { fault: `The logo has ${bytes.length} bytes; at most ${MAX_LOGO_BYTES} are taken.` };
  }
  const type = pictureTypeOf(bytes);
  if (type === undefined) {
    return {
      fault:
        "The logo is not a PNG, JPEG, GIF or WebP picture. SVG is not taken, because it can carry scripts.",
    };
  }
  return { type };
}
