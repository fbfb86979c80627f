import { PictureBytes, broken, checkSides } from "./reading.ts";
import type { Cleaned } from "./reading.ts";

const IMAGE = 0x2c;
const EXTENSION = 0x21;
const TRAILER = 0x3b;
const GRAPHIC_CONTROL = 0xf9;
const APPLICATION = 0xff;

/** Applications' extensions that say how often an animation is shown. */
const LOOPS = new Set(["NETSCAPE2.0", "ANIMEXTS1.0"]);

/** The length of the table of colours that flags announce, in bytes. */
const tableLength = (flags: number) => ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1));

/** Reads a GIF block by block: comments, texts and what applications add are left out. */
export function cleanGif(bytes: Buffer): Cleaned {
  const from = new PictureBytes(bytes);
  from.take(6);
  const screen = from.take(7);
  const width = screen.readUInt16LE(0);
  const height = screen.readUInt16LE(2);
  checkSides(width, height);
  from.take(tableLength(screen.readUInt8(4)));
  const kept = [from.since(0)];
  let images = 0;
  for (;;) {
    from.part();
    const start = from.place;
    const kind = from.byte();
    if (kind === TRAILER) break;
    if (kind === IMAGE) {
      images += 1;
      const place = from.take(9);
      checkSides(place.readUInt16LE(4), place.readUInt16LE(6));
      from.take(tableLength(place.readUInt8(8)) + 1);
      skipBlocks(from);
      kept.push(from.since(start));
    } else if (kind === EXTENSION) {
      const label = from.byte();
      const first = skipBlocks(from);
      const loops = label === APPLICATION && LOOPS.has(first.toString("latin1", 0, 11));
      if (label === GRAPHIC_CONTROL || loops) kept.push(from.since(start));
    } else throw broken("a part of it is of no kind");
  }
  if (images === 0) throw broken("there is nothing in it");
  return { width, height, bytes: Buffer.concat([...kept, Buffer.from([TRAILER])]) };
}

/** Goes over a chain of blocks to its end; answers the first. */
function skipBlocks(from: PictureBytes): Buffer {
  let first: Buffer | undefined;
  for (;;) {
    const length = from.byte();
    const block = from.take(length);
    first ??= block;
    if (length === 0) return first;
  }
}
