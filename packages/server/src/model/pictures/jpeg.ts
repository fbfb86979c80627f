import { PictureBytes, broken, checkSides } from "./reading.ts";
import type { Cleaned } from "./reading.ts";

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
/** Baseline, extended and progressive frames: what browsers show. */
const FRAMES = new Set([0xc0, 0xc1, 0xc2]);
const OTHER_FRAMES = new Set([0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);
/** Tables that a picture is read by: Huffman's, quantisation's, and the interval of restarts. */
const TABLES = new Set([0xc4, 0xdb, 0xdd]);
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP2 = 0xe2;
const APP14 = 0xee;

const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7;

/** Numbers of scans: a progressive picture has some ten. */
const MAX_SCANS = 200;

/**
 * Reads a JPEG segment by segment (ITU-T T.81, B). Of what cameras add only the way up is written again:
 * place, time, thumbnails and further pictures after the first are left out.
 */
export function cleanJpeg(bytes: Buffer): Cleaned {
  const from = new PictureBytes(bytes);
  from.take(2);
  const kept: Buffer[] = [];
  let size: { readonly width: number; readonly height: number } | undefined;
  let turn = 1;
  let scans = 0;
  for (;;) {
    from.part();
    const start = from.place;
    const marker = markerOf(from);
    if (marker === EOI) break;
    if (marker === SOI || marker === 0x00 || isRestart(marker)) throw broken("a part is misplaced");
    if (marker === 0x01) continue;
    const length = from.take(2).readUInt16BE(0);
    if (length < 2) throw broken("a part has no length");
    const data = from.take(length - 2);
    const segment = segmentOf(marker, data);
    if (FRAMES.has(marker)) {
      if (size !== undefined) throw broken("it has two sizes");
      if (data.length < 6) throw broken("its size is cut off");
      size = { height: data.readUInt16BE(1), width: data.readUInt16BE(3) };
      checkSides(size.width, size.height);
      kept.push(segment);
    } else if (OTHER_FRAMES.has(marker)) {
      throw broken("browsers do not show JPEGs of this form (neither baseline nor progressive)");
    } else if (TABLES.has(marker)) kept.push(segment);
    else if (marker === SOS) {
      scans += 1;
      if (size === undefined) throw broken("it has no size");
      if (scans > MAX_SCANS) throw broken("it has too many scans");
      skipScan(from);
      kept.push(segment, bytes.subarray(start + segmentLength(bytes, start), from.place));
    } else if (marker === APP1) turn = turn === 1 ? turnOf(data) : turn;
    else if (marker === APP0 && data.subarray(0, 5).toString("latin1") === "JFIF\0") {
      // Without the thumbnail that it may hold.
      if (data.length >= 12)
        kept.push(segmentOf(APP0, Buffer.concat([data.subarray(0, 12), Buffer.alloc(2)])));
    } else if (marker === APP2 && data.subarray(0, 12).toString("latin1") === "ICC_PROFILE\0")
      kept.push(segment);
    else if (marker === APP14 && data.subarray(0, 5).toString("latin1") === "Adobe")
      kept.push(segmentOf(APP14, data.subarray(0, 12)));
  }
  if (size === undefined || scans === 0) throw broken("there is nothing in it");
  const lies = turn >= 5;
  return {
    width: lies ? size.height : size.width,
    height: lies ? size.width : size.height,
    bytes: Buffer.concat([
      Buffer.from([0xff, SOI]),
      ...(turn === 1 ? [] : [turned(turn)]),
      ...kept,
      Buffer.from([0xff, EOI]),
    ]),
  };
}

function markerOf(from: PictureBytes): number {
  if (from.byte() !== 0xff) throw broken("a part does not begin where the one before ends");
  let marker = from.byte();
  while (marker === 0xff) marker = from.byte();
  return marker;
}

/** How long the marker at a place and the segment behind it are, in bytes. */
function segmentLength(bytes: Buffer, start: number): number {
  let place = start + 1;
  while (bytes[place] === 0xff) place += 1;
  return place + 1 - start + bytes.readUInt16BE(place + 1);
}

/** Goes over coded points, to the marker that ends them. */
function skipScan(from: PictureBytes): void {
  for (;;) {
    if (!from.seek(0xff)) from.take(1);
    const start = from.place;
    from.take(1);
    let marker = from.byte();
    while (marker === 0xff) marker = from.byte();
    if (marker === 0x00 || isRestart(marker)) continue;
    from.back(start);
    return;
  }
}

function segmentOf(marker: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}

const EXIF = Buffer.from("Exif\0\0", "latin1");
const ORIENTATION = 0x0112;
/** Entries of a directory that are looked at. */
const MAX_ENTRIES = 500;

/** Which way up the picture is, from Exif: 1 to 8; 1, as it stands, for what cannot be read. */
function turnOf(data: Buffer): number {
  if (!data.subarray(0, EXIF.length).equals(EXIF)) return 1;
  const tiff = data.subarray(EXIF.length);
  const order = tiff.toString("latin1", 0, 2);
  if (tiff.length < 8 || (order !== "II" && order !== "MM")) return 1;
  const u16 = (at: number) => (order === "II" ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const directory = order === "II" ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (directory + 2 > tiff.length) return 1;
  const count = Math.min(u16(directory), MAX_ENTRIES);
  for (let entry = 0; entry < count; entry += 1) {
    const at = directory + 2 + entry * 12;
    if (at + 12 > tiff.length) return 1;
    if (u16(at) !== ORIENTATION) continue;
    const turn = u16(at + 8);
    return turn >= 1 && turn <= 8 ? turn : 1;
  }
  return 1;
}

/** Exif that says which way up, and nothing else. */
function turned(turn: number): Buffer {
  const tiff = Buffer.from("4d4d002a00000008000101120003000000010000000000000000", "hex");
  tiff.writeUInt16BE(turn, 18);
  return segmentOf(APP1, Buffer.concat([EXIF, tiff]));
}
