import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  SECRET,
  gif,
  jpeg,
  movingWebp,
  png,
  pngChunk,
  pngHeader,
  webp,
} from "../../../test/pictures.ts";
import { PICTURE_LIMITS, PictureError, cleanPicture, pictureTypeOf } from "./picture.ts";

const samples: readonly (readonly [string, Buffer, number, number])[] = [
  ["image/png", png(), 12, 8],
  ["image/jpeg", jpeg(), 12, 8],
  ["image/webp", webp(), 12, 8],
  ["image/webp", movingWebp(), 1, 1],
  ["image/gif", gif(), 1, 1],
];
const SIGNATURE = png().subarray(0, 8);

describe("a picture", () => {
  it.each(samples)(
    "%s is read by what is in it and kept without what does not show",
    (type, bytes, width, height) => {
      const clean = cleanPicture(bytes);
      expect(clean).toMatchObject({ type, width, height });
      const text = clean.bytes.toString("latin1");
      for (const hidden of [SECRET, "GPS", "xap", "<script", "hide", "tEXt", "EXIF"])
        expect(text).not.toContain(hidden);
      // What is clean stays as it is.
      expect(cleanPicture(clean.bytes)).toEqual(clean);
    },
  );

  it("keeps which way up a camera was held, and nothing else of Exif", () => {
    for (const turn of [2, 3, 4]) {
      const clean = cleanPicture(jpeg(turn));
      expect(clean).toMatchObject({ width: 12, height: 8 });
      expect(clean.bytes.toString("latin1").split("Exif\0")).toHaveLength(2);
      expect(cleanPicture(clean.bytes)).toEqual(clean);
    }
    const lying = cleanPicture(jpeg(6));
    expect(lying).toMatchObject({ width: 8, height: 12 });
    expect(lying.bytes.subarray(0, 48).toString("hex")).toContain("0112000300000001000600");
    expect(lying.bytes.toString("latin1")).not.toContain(SECRET);
    expect(cleanPicture(jpeg(77))).toMatchObject({ width: 12, height: 8 });
  });

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["SVG", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')],
    ["HTML", Buffer.from("<!doctype html><script>alert(1)</script>")],
    ["HTML behind a GIF's name", Buffer.from("GIF89a/*<script>alert(1)</script>*/=1;")],
    ["a PDF with a JPEG within", Buffer.concat([Buffer.from("%PDF-1.7\n"), jpeg()])],
    ["a BMP", Buffer.concat([Buffer.from("BM"), Buffer.alloc(60)])],
  ])("is not %s", (_, bytes) => {
    expect(() => cleanPicture(bytes)).toThrow(PictureError);
  });

  it("has sides that can be shown", () => {
    const sized = (width: number, height: number) => () =>
      cleanPicture(png(4, 4, { width, height }));
    expect(sized(65_535, 65_535)).toThrow(/65535 × 65535 points; at most 16384 a side/);
    expect(sized(2 ** 32 - 1, 1)).toThrow(/at most 16384/);
    expect(sized(16_000, 16_000)).toThrow(/64 million/);
    expect(sized(0, 8)).toThrow(/no points/);
    const huge = gif();
    huge.writeUInt16LE(65_535, 6);
    huge.writeUInt16LE(65_535, 8);
    expect(() => cleanPicture(huge)).toThrow(/at most 16384/);
    const wide = jpeg();
    const frame = wide.indexOf(Buffer.from("ffc00011", "hex"));
    wide.writeUInt16BE(65_535, frame + 5);
    wide.writeUInt16BE(65_535, frame + 7);
    expect(() => cleanPicture(wide)).toThrow(/at most 16384/);
    const canvas = movingWebp();
    canvas.writeUIntLE(0xffffff, 24, 3);
    expect(() => cleanPicture(canvas)).toThrow(/at most 16384/);
  });

  it("is whole", () => {
    for (const [, bytes] of samples) {
      const { bytes: clean } = cleanPicture(bytes);
      for (let length = 0; length < clean.length; length += 1)
        expect(() => cleanPicture(clean.subarray(0, length))).toThrow(PictureError);
    }
  });

  it("is in one piece and says one thing", () => {
    const data = pngChunk("IDAT", deflateSync(Buffer.alloc(4)));
    const end = pngChunk("IEND", Buffer.alloc(0));
    const of = (...parts: readonly Buffer[]) => cleanPicture(Buffer.concat([SIGNATURE, ...parts]));
    expect(() => of(pngHeader(1, 1), pngHeader(2, 2), data, end)).toThrow(/two sizes/);
    expect(() => of(data, pngHeader(1, 1), end)).toThrow(/begin with its size/);
    expect(() => of(pngHeader(1, 1), end)).toThrow(/nothing in it/);
    const forged = Buffer.from(data);
    forged.writeUInt8(forged.readUInt8(9) ^ 1, 9);
    expect(() => of(pngHeader(1, 1), forged, end)).toThrow(/checksum/);
    const many = Array.from({ length: PICTURE_LIMITS.parts }, () =>
      pngChunk("tEXt", Buffer.alloc(1)),
    );
    expect(() => of(pngHeader(1, 1), ...many, data, end)).toThrow(/more than 20000 parts/);
    const profile = pngChunk("iCCP", Buffer.alloc(PICTURE_LIMITS.profile + 1));
    expect(of(pngHeader(1, 1), profile, data, end).bytes.length).toBeLessThan(200);
    const frame = movingWebp();
    // A frame that is larger than its canvas.
    frame.writeUInt8(9, frame.indexOf("ANMF") + 8 + 6);
    expect(() => cleanPicture(frame)).toThrow(/larger than the whole/);
    const other = jpeg();
    other.writeUInt8(0xc3, other.indexOf(Buffer.from("ffc00011", "hex")) + 1);
    expect(() => cleanPicture(other)).toThrow(/browsers do not show/);
  });

  it("is refused or clean, whatever bytes come", () => {
    const bases = samples.map(([, bytes]) => bytes);
    fc.assert(
      fc.property(
        fc.constantFrom(...bases),
        fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 6 }),
        fc.nat(2000),
        fc.uint8Array({ maxLength: 30 }),
        (base, changes, cut, more) => {
          const bytes = Buffer.concat([base.subarray(0, Math.max(16, base.length - cut)), more]);
          for (const [place, value] of changes) bytes.writeUInt8(value, place % bytes.length);
          try {
            const clean = cleanPicture(bytes);
            expect(clean.width * clean.height).toBeLessThanOrEqual(PICTURE_LIMITS.points);
            expect(clean.bytes.length).toBeLessThanOrEqual(bytes.length + 64);
            expect(pictureTypeOf(clean.bytes)).toBe(clean.type);
            expect(cleanPicture(clean.bytes)).toEqual(clean);
          } catch (error) {
            if (!(error instanceof PictureError)) throw error;
          }
        },
      ),
      { numRuns: 800 },
    );
  });
});
