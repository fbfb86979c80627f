import { crc32, deflateSync } from "node:zlib";

/** What Chromium makes of a canvas of 12 × 8 points: JPEG and WebP, both with a colour profile. */
const JPEG =
  "/9j/4AAQSkZJRgABAQAAAQABAAD/4gHYSUNDX1BST0ZJTEUAAQEAAAHIAAAAAAQwAABtbnRyUkdCIFhZWiAH4AABAAEAAAAAAABhY3NwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAA9tYAAQAAAADTLQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAlkZXNjAAAA8AAAACRyWFlaAAABFAAAABRnWFlaAAABKAAAABRiWFlaAAABPAAAABR3dHB0AAABUAAAABRyVFJDAAABZAAAAChnVFJDAAABZAAAAChiVFJDAAABZAAAAChjcHJ0AAABjAAAADxtbHVjAAAAAAAAAAEAAAAMZW5VUwAAAAgAAAAcAHMAUgBHAEJYWVogAAAAAAAAb6IAADj1AAADkFhZWiAAAAAAAABimQAAt4UAABjaWFlaIAAAAAAAACSgAAAPhAAAts9YWVogAAAAAAAA9tYAAQAAAADTLXBhcmEAAAAAAAQAAAACZmYAAPKnAAANWQAAE9AAAApbAAAAAAAAAABtbHVjAAAAAAAAAAEAAAAMZW5VUwAAACAAAAAcAEcAbwBvAGcAbABlACAASQBuAGMALgAgADIAMAAxADb/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8ybqmx5moq6T/2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKT/wAARCAAIAAwDASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAAIE/8QAGhAAAgIDAAAAAAAAAAAAAAAAAAECAxESof/EABUBAQEAAAAAAAAAAAAAAAAAAAMF/8QAGBEBAAMBAAAAAAAAAAAAAAAAAgABEQP/2gAMAwEAAhEDEQA/AMka9ZJ54WAE+id6pWAIrDP/2Q==";
const WEBP =
  "UklGRigCAABXRUJQVlA4WAoAAAAgAAAACwAABwAASUNDUMgBAAAAAAHIAAAAAAQwAABtbnRyUkdCIFhZWiAH4AABAAEAAAAAAABhY3NwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAA9tYAAQAAAADTLQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAlkZXNjAAAA8AAAACRyWFlaAAABFAAAABRnWFlaAAABKAAAABRiWFlaAAABPAAAABR3dHB0AAABUAAAABRyVFJDAAABZAAAAChnVFJDAAABZAAAAChiVFJDAAABZAAAAChjcHJ0AAABjAAAADxtbHVjAAAAAAAAAAEAAAAMZW5VUwAAAAgAAAAcAHMAUgBHAEJYWVogAAAAAAAAb6IAADj1AAADkFhZWiAAAAAAAABimQAAt4UAABjaWFlaIAAAAAAAACSgAAAPhAAAts9YWVogAAAAAAAA9tYAAQAAAADTLXBhcmEAAAAAAAQAAAACZmYAAPKnAAANWQAAE9AAAApbAAAAAAAAAABtbHVjAAAAAAAAAAEAAAAMZW5VUwAAACAAAAAcAEcAbwBvAGcAbABlACAASQBuAGMALgAgADIAMAAxADZWUDggOgAAANABAJ0BKgwACAAEAGglsAJ0MEdBZYdQAP7ZU49DrbIwbC/TCevq+w8Qgf15Ro3irNW3/27/5LsdAAA=";

/** What must not be in any picture that we keep. */
export const SECRET = "GPS 52.5163 13.3777 by Ann";

const u16 = (value: number) => Buffer.from([value >> 8, value & 255]);

/** A part of a PNG. */
export function pngChunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
}

/** The first part of a PNG: its size. */
export function pngHeader(width: number, height: number): Buffer {
  const data = Buffer.from("00000000000000000802000000", "hex");
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  return pngChunk("IHDR", data);
}

const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");
const IEND = pngChunk("IEND", Buffer.alloc(0));

/** A PNG of one colour, with what cameras and editors add, and with something behind its end. */
export function png(
  width = 12,
  height = 8,
  says: { width: number; height: number } = { width, height },
) {
  const row = Buffer.concat([Buffer.alloc(1), Buffer.alloc(width * 3, 0xc0)]);
  const points = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  return Buffer.concat([
    SIGNATURE,
    pngHeader(says.width, says.height),
    pngChunk("tEXt", Buffer.from(`Comment\0${SECRET}`, "latin1")),
    pngChunk("eXIf", exif(6).subarray(6)),
    pngChunk("IDAT", points),
    IEND,
    Buffer.from(`<script>alert("${SECRET}")</script>`),
  ]);
}

/** Exif with which way up, and a secret. */
function exif(turn: number): Buffer {
  const tiff = Buffer.from("49492a00080000000200120103000100000000000000", "hex");
  tiff.writeUInt16LE(turn, 18);
  return Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff, Buffer.from(SECRET, "latin1")]);
}

const segment = (marker: number, data: Buffer) =>
  Buffer.concat([Buffer.from([0xff, marker]), u16(data.length + 2), data]);

/** A JPEG with what a telephone adds: Exif, a comment, XMP, and a second picture behind the first. */
export function jpeg(turn = 1): Buffer {
  const plain = Buffer.from(JPEG, "base64");
  return Buffer.concat([
    plain.subarray(0, 2),
    segment(0xe1, exif(turn)),
    segment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0<x>${SECRET}</x>`, "latin1")),
    segment(0xfe, Buffer.from(SECRET, "latin1")),
    plain.subarray(2),
    plain.subarray(0, 2),
    segment(0xe1, exif(1)),
    plain.subarray(2),
  ]);
}

function riffChunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(data.length);
  return Buffer.concat([Buffer.from(type, "latin1"), length, data, Buffer.alloc(data.length % 2)]);
}

const riff = (...chunks: readonly Buffer[]) =>
  riffChunk("RIFF", Buffer.concat([Buffer.from("WEBP", "latin1"), ...chunks]));

/** A WebP with Exif and XMP. */
export function webp(): Buffer {
  const parts = Buffer.from(WEBP, "base64").subarray(12);
  const withFlags = Buffer.from(parts);
  withFlags.writeUInt8(withFlags.readUInt8(8) | 0x0c, 8);
  return Buffer.concat([
    riff(withFlags, riffChunk("EXIF", exif(6)), riffChunk("XMP ", Buffer.from(SECRET))),
    Buffer.from(SECRET),
  ]);
}

/** An animation of two frames, one of which hides something. */
export function movingWebp(): Buffer {
  const points = Buffer.from("2f00000000071011111108080ff3f1", "hex");
  const frame = (...more: readonly Buffer[]) =>
    riffChunk("ANMF", Buffer.concat([Buffer.alloc(16), riffChunk("VP8L", points), ...more]));
  return riff(
    riffChunk("VP8X", Buffer.from("02000000000000000000", "hex")),
    riffChunk("ANIM", Buffer.alloc(6)),
    frame(),
    frame(riffChunk("hide", Buffer.from(SECRET))),
  );
}

/** A moving GIF of one point with a comment. */
export function gif(): Buffer {
  const loop = Buffer.from("21ff0b4e45545343415045322e300301000000", "hex");
  const control = Buffer.from("21f9040000000000", "hex");
  return Buffer.concat([
    Buffer.from("GIF89a", "latin1"),
    Buffer.from("01000100800000000000ffffff", "hex"),
    loop,
    Buffer.from([0x21, 0xfe, SECRET.length]),
    Buffer.from(SECRET, "latin1"),
    Buffer.from([0]),
    control,
    Buffer.from("2c0000000001000100000202440100", "hex"),
    Buffer.from([0x3b]),
    Buffer.from(SECRET),
  ]);
}
