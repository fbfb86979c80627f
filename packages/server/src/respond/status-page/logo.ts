/** What a logo may be at most, in bytes. */
export const MAX_LOGO_BYTES = 256 * 1024;

/** The pictures that are taken, by how their files begin. SVG is not: it can carry scripts. */
const PICTURES: readonly (readonly [type: string, is: (bytes: Buffer) => boolean])[] = [
  ["image/png", (b) => b.subarray(0, 8).equals(Buffer.from("89504e470d0a1a0a", "hex"))],
  ["image/jpeg", (b) => b.subarray(0, 3).equals(Buffer.from("ffd8ff", "hex"))],
  ["image/gif", (b) => /^GIF8[79]a/.test(b.toString("latin1", 0, 6))],
  [
    "image/webp",
    (b) => b.toString("latin1", 0, 4) === "RIFF" && b.toString("latin1", 8, 12) === "WEBP",
  ],
];

/** What kind of picture it is, or why it cannot be the logo. */
export function logoFault(bytes: Buffer): { readonly type: string } | { readonly fault: string } {
  if (bytes.length > MAX_LOGO_BYTES) {
    return { fault: `The logo has ${bytes.length} bytes; at most ${MAX_LOGO_BYTES} are taken.` };
  }
  const found = PICTURES.find(([, is]) => is(bytes));
  if (found === undefined) {
    return {
      fault:
        "The logo is not a PNG, JPEG, GIF or WebP picture. SVG is not taken, because it can carry scripts.",
    };
  }
  return { type: found[0] };
}
