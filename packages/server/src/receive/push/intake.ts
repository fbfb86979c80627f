import { hash } from "node:crypto";
import type { Admission } from "../admit.ts";
import { decompress } from "./decompress.ts";
import { withBody } from "./body.ts";
import type { BodyStream } from "./body.ts";
import { PushError } from "./errors.ts";
import type { Sender } from "./quotas.ts";

/** A request that pushes log lines or spans, as it came. */
export interface PushRequest {
  /** The headers Content-Type and Content-Encoding. */
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  /** The URL's parameters. */
  readonly query: URLSearchParams;
  readonly body: BodyStream;
  /** Whose key came with it. */
  readonly sender?: Sender | undefined;
}

/** What became of a request's lines or spans. */
export interface PushReceipt {
  readonly stored: number;
  /** What never can be stored; all else was. */
  readonly refused: number;
  /** Why, in one line for the sender's log; empty when nothing was refused. */
  readonly message: string;
  /** Whether the request was protobuf, as its answer is then to be. */
  readonly protobuf: boolean;
}

/** A request's body as it is to be read. */
export interface PlainBody {
  /** The media type in small letters; empty when the request says none. */
  readonly type: string;
  readonly protobuf: boolean;
  readonly bytes: Buffer;
}

interface IntakeOptions {
  readonly admission: Admission;
  /** Of a body as it comes and decompressed, bytes. */
  readonly limits: { readonly bodyBytes: number; readonly decompressedBytes: number };
  /** The encoding of a body that does not say one. */
  readonly encoding?: string;
}

/** The media type of a request. */
export function mediaType({ contentType }: PushRequest): string {
  return (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** Whether a media type is protobuf. */
export function isProtobuf(type: string): boolean {
  return type === "application/x-protobuf" || type === "application/protobuf";
}

/** Receives a body and does `work` with it. Throws what `withBody` and `decompress` throw. */
export function withPlainBody<T>(
  request: PushRequest,
  { admission, limits, encoding = "" }: IntakeOptions,
  work: (body: PlainBody) => Promise<T>,
): Promise<T> {
  const type = mediaType(request);
  const given = request.contentEncoding?.trim().toLowerCase() ?? "";
  return withBody(request.body, limits.bodyBytes, admission, async (compressed, held) => {
    const encoded = given === "" ? encoding : given;
    const bytes = await decompress(compressed, encoded, limits.decompressedBytes);
    held.grow(bytes.length);
    return work({ type, protobuf: isProtobuf(type), bytes });
  });
}

/** What a request has in common with itself when it is sent again: 64 bits of a hash, never 0. */
export function fingerprintOf(protocol: string, query: URLSearchParams, body: Buffer): bigint {
  const inner = hash("sha256", body, "buffer");
  const digest = hash(
    "sha256",
    `${protocol}?${query.toString()}#${inner.toString("hex")}`,
    "buffer",
  );
  return digest.readBigUInt64LE(0) || 1n;
}

/** Writes to a sink; what can never be written is the sender's fault: sent again it would be the same. */
export async function orMalformed<T>(writing: Promise<T>): Promise<T> {
  try {
    return await writing;
  } catch (error) {
    if (error instanceof RangeError) throw new PushError("request_malformed", error.message);
    throw error;
  }
}

/** The error for a media type that a protocol does not have. */
export function unsupported(type: string, wanted: string): PushError {
  const given =
    type === "" ? "A request without Content-Type" : `Content-Type ${type.slice(0, 80)}`;
  return new PushError("media_type_unsupported", `${given} is not taken here; send ${wanted}`);
}
