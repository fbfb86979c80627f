/** How a request is written, and so its answer. */
export type OtlpEncoding = "protobuf" | "json";

/** By what name each signal's answer counts what was refused; the field's number is the same in all. */
export type OtlpRefused = "rejectedDataPoints" | "rejectedLogRecords" | "rejectedSpans";

interface Body {
  readonly contentType: string;
  readonly body: Buffer;
}

/**
 * `Export…ServiceResponse`: empty when all was taken, else how many were not and why. With none refused
 * the text is a warning.
 */
export function successBody(
  encoding: OtlpEncoding,
  refused: OtlpRefused,
  rejected: number,
  message: string,
): Body {
  if (rejected === 0 && message === "") return body(encoding, {}, Buffer.alloc(0));
  const partial = [...varintField(1, rejected), ...textField(2, message)];
  return body(
    encoding,
    { partialSuccess: { [refused]: String(rejected), errorMessage: message } },
    Buffer.from([...lengthTag(1, partial.length), ...partial]),
  );
}

/** `google.rpc.Status` for an HTTP status that is a failure. https://opentelemetry.io/docs/specs/otlp/#failures */
export function failureBody(encoding: OtlpEncoding, status: number, message: string): Body {
  // INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNAVAILABLE.
  const code = status >= 500 ? 14 : status === 413 || status === 429 ? 8 : 3;
  return body(
    encoding,
    { code, message },
    Buffer.from([...varintField(1, code), ...textField(2, message)]),
  );
}

function body(encoding: OtlpEncoding, json: object, protobuf: Buffer): Body {
  return encoding === "json"
    ? { contentType: "application/json", body: Buffer.from(JSON.stringify(json)) }
    : { contentType: "application/x-protobuf", body: protobuf };
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

function varintField(field: number, value: number): number[] {
  return [...varint(field * 8), ...varint(value)];
}

function lengthTag(field: number, length: number): number[] {
  return [...varint(field * 8 + 2), ...varint(length)];
}

function textField(field: number, text: string): number[] {
  const bytes = Buffer.from(text);
  return [...lengthTag(field, bytes.length), ...bytes];
}
