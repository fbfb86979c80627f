import { cleanGif } from "./gif.ts";
import { cleanJpeg } from "./jpeg.ts";
import { cleanPng } from "./png.ts";
import { PictureError } from "./reading.ts";
import { cleanWebp } from "./webp.ts";

export { PICTURE_LIMITS, PictureError } from "./reading.ts";

/** The kinds of pictures that are taken. SVG is not one: it can carry scripts. */
export const PICTURE_TYPES = ["image/png", "image/jpeg", "image/webp", "image/gif"] as const;
export type PictureType = (typeof PICTURE_TYPES)[number];

/** A picture without all that does not show: no place, camera, comment or thumbnail, nothing after its end. */
export interface CleanPicture {
  readonly type: PictureType;
  /** Points, as it is shown. */
  readonly width: number;
  readonly height: number;
  readonly bytes: Buffer;
}

/** How the files of each kind begin. */
const BEGINNINGS: readonly (readonly [PictureType, (bytes: Buffer) => boolean])[] = [
  ["image/png", (b) => b.subarray(0, 8).equals(Buffer.from("89504e470d0a1a0a", "hex"))],
  ["image/jpeg", (b) => b.subarray(0, 3).equals(Buffer.from("ffd8ff", "hex"))],
  ["image/gif", (b) => /^GIF8[79]a/.test(b.toString("latin1", 0, 6))],
  [
    "image/webp",
    (b) => b.toString("latin1", 0, 4) === "RIFF" && b.toString("latin1", 8, 12) === "WEBP",
  ],
];

/** The kind of picture that a file begins as, whatever its name says. */
export function pictureTypeOf(bytes: Buffer): PictureType | undefined {
  return BEGINNINGS.find(([, is]) => is(bytes))?.[0];
}

const CLEANERS = {
  "image/png": cleanPng,
  "image/jpeg": cleanJpeg,
  "image/webp": cleanWebp,
  "image/gif": cleanGif,
} as const;

/**
 * Reads the structure of a picture, not its points, and writes again only what is needed to show it.
 * Throws PictureError for what is no picture, is cut off, or has more points than PICTURE_LIMITS.
 */
export function cleanPicture(bytes: Buffer): CleanPicture {
  const type = pictureTypeOf(bytes);
  if (type === undefined)
    throw new PictureError(
      "This is not a PNG, JPEG, WebP or GIF picture. SVG is not taken, because it can carry scripts; of other kinds send a screenshot.",
    );
  return { type, ...CLEANERS[type](bytes) };
}
