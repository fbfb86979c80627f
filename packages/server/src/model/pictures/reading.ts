import { SeaworthyError } from "../errors.ts";

/** What a picture may be, whatever its size in bytes: every browser that shows it holds all its points. */
export const PICTURE_LIMITS = {
  /** Points of one side. */
  side: 16_384,
  /** Points in all: a telephone's camera takes 50 million. */
  points: 64_000_000,
  /** Parts (chunks, segments, blocks) in one file. */
  parts: 20_000,
  /** Of a colour profile, bytes. */
  profile: 64 * 1024,
} as const;

/** Why bytes are no picture that is taken. */
export class PictureError extends SeaworthyError {
  readonly code = "picture_refused";
  override readonly status = 400;

  constructor(message: string) {
    super(message);
    this.name = "PictureError";
  }
}

/** What each kind's reader answers. */
export interface Cleaned {
  readonly width: number;
  readonly height: number;
  readonly bytes: Buffer;
}

/** The bytes of a picture, read from front to back; asking for what is not there is told as a cut. */
export class PictureBytes {
  readonly #bytes: Buffer;
  #place = 0;
  #parts = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Where it is, in bytes from the beginning. */
  get place(): number {
    return this.#place;
  }

  get left(): number {
    return this.#bytes.length - this.#place;
  }

  /** The next so many bytes; a view, not a copy. */
  take(length: number): Buffer {
    if (length > this.left)
      throw new PictureError("The picture is cut off: its file ends too early.");
    this.#place += length;
    return this.#bytes.subarray(this.#place - length, this.#place);
  }

  byte(): number {
    return this.take(1).readUInt8(0);
  }

  /** What was read since a place. */
  since(place: number): Buffer {
    return this.#bytes.subarray(place, this.#place);
  }

  /** Goes to the next byte of this value, which is the next that is taken. Says whether there is one. */
  seek(value: number): boolean {
    const found = this.#bytes.indexOf(value, this.#place);
    this.#place = found === -1 ? this.#bytes.length : found;
    return found !== -1;
  }

  /** Goes back to a place that it was at. */
  back(place: number): void {
    this.#place = place;
  }

  /** Counts a part; too many end it. */
  part(): void {
    this.#parts += 1;
    if (this.#parts > PICTURE_LIMITS.parts)
      throw new PictureError(`The picture's file has more than ${PICTURE_LIMITS.parts} parts.`);
  }
}

/** Throws for sides that no screen has a use for. */
export function checkSides(width: number, height: number): void {
  const { side, points } = PICTURE_LIMITS;
  if (width < 1 || height < 1)
    throw new PictureError("The picture is broken: a side has no points.");
  if (width > side || height > side || width * height > points)
    throw new PictureError(
      `The picture has ${width} × ${height} points; at most ${side} a side and ${points / 1_000_000} million in all are taken. Make it smaller.`,
    );
}

/** A picture that is not what its kind's description says. */
export function broken(what: string): PictureError {
  return new PictureError(`The picture is broken: ${what}.`);
}
