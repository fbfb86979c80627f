import { PICTURE_LIMITS, PictureBytes, broken, checkSides } from "./reading.ts";
import type { Cleaned } from "./reading.ts";

/** Flags of VP8X (RFC 9649, 2.7) for parts that are left out. */
const EXIF_FLAG = 0x08;
const XMP_FLAG = 0x04;

/** Of a frame of an animation, before its parts. */
const FRAME_HEAD = 16;

interface Size {
  readonly width: number;
  readonly height: number;
}

const u24 = (bytes: Buffer, at: number) => bytes.readUIntLE(at, 3);

/** Reads a WebP chunk by chunk (RFC 9649): Exif, XMP and what nobody knows are left out. */
export function cleanWebp(bytes: Buffer): Cleaned {
  const whole = new PictureBytes(bytes);
  whole.take(4);
  const length = whole.take(4).readUInt32LE(0);
  whole.take(4);
  if (length < 4) throw broken("it has no length");
  const from = new PictureBytes(whole.take(length - 4));
  const first = chunk(from);
  const kept: Buffer[] = [];
  let size: Size;
  if (first.type === "VP8X") {
    if (first.data.length < 10) throw broken("its size is cut off");
    size = { width: u24(first.data, 4) + 1, height: u24(first.data, 7) + 1 };
    checkSides(size.width, size.height);
    const head = Buffer.from(first.data.subarray(0, 10));
    head.writeUInt8(head.readUInt8(0) & ~(EXIF_FLAG | XMP_FLAG), 0);
    kept.push(chunkOf("VP8X", head));
    let pictures = 0;
    while (from.left > 0) {
      const { type, data } = chunk(from);
      if (type === "ANIM" || type === "ALPH") kept.push(chunkOf(type, data));
      else if (type === "ICCP") {
        if (data.length <= PICTURE_LIMITS.profile) kept.push(chunkOf(type, data));
      } else if (type === "ANMF") {
        pictures += 1;
        kept.push(chunkOf(type, frame(data, size, from)));
      } else if (type === "VP8 " || type === "VP8L") {
        pictures += 1;
        checkWithin(pointsOf(type, data), size);
        kept.push(chunkOf(type, data));
      }
    }
    if (pictures === 0) throw broken("there is nothing in it");
  } else {
    size = pointsOf(first.type, first.data);
    checkSides(size.width, size.height);
    kept.push(chunkOf(first.type, first.data));
  }
  const body = Buffer.concat(kept);
  const head = Buffer.from("RIFF\0\0\0\0WEBP", "latin1");
  head.writeUInt32LE(body.length + 4, 4);
  return { ...size, bytes: Buffer.concat([head, body]) };
}

/** A frame of an animation, with its picture and nothing else. */
function frame(data: Buffer, size: Size, whole: PictureBytes): Buffer {
  if (data.length < FRAME_HEAD) throw broken("a frame is cut off");
  const within = { width: u24(data, 6) + 1, height: u24(data, 9) + 1 };
  checkWithin(within, size);
  const from = new PictureBytes(data.subarray(FRAME_HEAD));
  const kept = [data.subarray(0, FRAME_HEAD)];
  while (from.left > 0) {
    whole.part();
    const { type, data: part } = chunk(from);
    if (type === "ALPH") kept.push(chunkOf(type, part));
    else if (type === "VP8 " || type === "VP8L") {
      checkWithin(pointsOf(type, part), within);
      kept.push(chunkOf(type, part));
    }
  }
  return Buffer.concat(kept);
}

function checkWithin(part: Size, whole: Size): void {
  if (part.width > whole.width || part.height > whole.height)
    throw broken("a part of it is larger than the whole");
}

/** The size that a coded picture says itself. */
function pointsOf(type: string, data: Buffer): Size {
  if (type === "VP8 ") {
    if (data.length < 10 || data.readUIntBE(3, 3) !== 0x9d012a || (data.readUInt8(0) & 1) !== 0)
      throw broken("its points cannot be read");
    return { width: data.readUInt16LE(6) & 0x3fff, height: data.readUInt16LE(8) & 0x3fff };
  }
  if (type === "VP8L") {
    if (data.length < 5 || data.readUInt8(0) !== 0x2f) throw broken("its points cannot be read");
    const bits = data.readUInt32LE(1);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  throw broken("it does not begin with a picture");
}

function chunk(from: PictureBytes): { readonly type: string; readonly data: Buffer } {
  from.part();
  const type = from.take(4).toString("latin1");
  const length = from.take(4).readUInt32LE(0);
  const data = from.take(length);
  // The last one of some writers lacks the byte that makes it even.
  if (length % 2 === 1 && from.left > 0) from.take(1);
  return { type, data };
}

function chunkOf(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 0, "latin1");
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}
