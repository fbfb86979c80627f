import { crc32 } from "node:zlib";
import { PICTURE_LIMITS, PictureBytes, broken, checkSides } from "./reading.ts";
import type { Cleaned } from "./reading.ts";

/** What shows (PNG, third edition, 11): the picture, its colours, its size on paper, its frames. */
const KEPT = new Set(
  "IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB sBIT bKGD pHYs iCCP cICP acTL fcTL fdAT".split(" "),
);

/** The bits a sample may have, by the type of colour. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

const HEADER = 13;

/** Reads a PNG chunk by chunk: text, times, Exif and what nobody knows are left out. */
export function cleanPng(bytes: Buffer): Cleaned {
  const from = new PictureBytes(bytes);
  const kept = [from.take(8)];
  let size: { readonly width: number; readonly height: number } | undefined;
  let hasData = false;
  for (;;) {
    from.part();
    const start = from.place;
    const length = from.take(4).readUInt32BE(0);
    const type = from.take(4).toString("latin1");
    const data = from.take(length);
    const sum = from.take(4).readUInt32BE(0);
    if (crc32(bytes.subarray(start + 4, start + 8 + length)) !== sum)
      throw broken("the checksum of a part is wrong");
    if (size === undefined) {
      if (type !== "IHDR" || length !== HEADER) throw broken("it does not begin with its size");
      size = { width: data.readUInt32BE(0), height: data.readUInt32BE(4) };
      checkSides(size.width, size.height);
      if (DEPTHS[data.readUInt8(9)]?.includes(data.readUInt8(8)) !== true)
        throw broken("there are no such colours");
    } else if (type === "IHDR") throw broken("it has two sizes");
    hasData ||= type === "IDAT";
    const isProfile = type === "iCCP" && length > PICTURE_LIMITS.profile;
    if (KEPT.has(type) && !isProfile) kept.push(from.since(start));
    if (type === "IEND") break;
  }
  if (!hasData) throw broken("there is nothing in it");
  return { ...size, bytes: Buffer.concat(kept) };
}
