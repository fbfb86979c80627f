import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SyslogFrames } from "./frames.ts";
import { parseSyslog } from "./message.ts";

const NOW = Date.parse("2026-01-01T00:10:00Z");
const parse = (text: string) => parseSyslog(Buffer.from(text), NOW);
const local = (...at: [number, number, number, number, number, number]) =>
  BigInt(new Date(...at).getTime()) * 1_000_000n;

describe("a syslog message", () => {
  it("of RFC 5424 has everything that it says", () => {
    const said = parse(
      '<165>1 2026-01-01T00:00:14.003000Z web-1.example.com evntslog 8710 ID47 [exampleSDID@32473 iut="3" eventSource="App\\"l\\]i\\\\c" odd="\\n"][meta sequenceId="1"] \uFEFFAn größe event',
    );
    expect(said).toEqual({
      facility: "local4",
      severity: "notice",
      time: 1_767_225_614_003_000_000n,
      host: "web-1.example.com",
      app: "evntslog",
      procId: "8710",
      msgId: "ID47",
      data: {
        exampleSDID_32473_iut: "3",
        exampleSDID_32473_eventSource: 'App"l]i\\c',
        exampleSDID_32473_odd: "\\n",
        meta_sequenceId: "1",
      },
      text: "An größe event",
    });
    expect(parse("<34>1 - - - - - -")).toMatchObject({
      facility: "auth",
      severity: "crit",
      time: undefined,
      host: "",
      text: "",
    });
  });

  it.each([
    [
      "<34>Dec 31 22:14:15 mymachine su[231]: 'su root' failed",
      { time: local(2025, 11, 31, 22, 14, 15), host: "mymachine", app: "su", procId: "231" },
    ],
    ["<13>Jan  1 00:09:59 h app: x", { time: local(2026, 0, 1, 0, 9, 59), app: "app", text: "x" }],
    ["<13>Jan  1 00:09:59 app[1]: x", { host: "", app: "app", procId: "1", text: "x" }],
    ["<13>Jan  1 00:09:59 host no tag here", { host: "host", app: "", text: "no tag here" }],
    [
      "<13>2026-01-01T01:00:00.5+01:00 host app: x",
      { time: 1_767_225_600_500_000_000n, host: "host", text: "x" },
    ],
    [
      "<189>2025 Dec 31 23:59:59.123: %SYS-5-X: y",
      { time: local(2025, 11, 31, 23, 59, 59) + 123_000_000n },
    ],
    ["no priority", { facility: "user", severity: "notice", text: "no priority" }],
    ["<999>x y", { facility: "user", severity: "notice", text: "x y" }],
    ["<11>1 not a header", { severity: "err", text: "1 not a header" }],
    ['<11>1 - h a - - [x y="1] text', { text: '1 - h a - - [x y="1] text' }],
    ["<11>x\r\n\0", { text: "x" }],
  ])("of other forms has as much as it says: %s", (text, said) => {
    expect(parse(text)).toMatchObject(said);
  });

  it("is never refused, and takes time in proportion to its length", () => {
    const pieces = fc.constantFrom(
      "<13>",
      "1 ",
      "- ",
      "[a",
      ' b="',
      '\\"',
      '"',
      "]",
      "Jan  1 00:00:00 ",
      "tag[1]: ",
      "é",
      "\\",
      "\0",
      "2026-01-01T00:00:00Z ",
      "123456 ",
    );
    const text = fc
      .tuple(fc.array(pieces, { maxLength: 12 }), fc.integer({ min: 1, max: 500 }))
      .map(([parts, times]) => Buffer.from(parts.join("").repeat(times)));
    const any = fc.oneof(
      text,
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(any, (bytes) => {
        const { severity, text: line } = parseSyslog(bytes, NOW);
        expect(severity).not.toBe("");
        expect(line.length).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 200 },
    );
  });
});

/** What comes out of a stream that is cut into these pieces. */
function framed(chunks: readonly Buffer[], maxBytes = 100) {
  const messages: string[] = [];
  let tooLong = 0;
  let held = 0;
  const frames = new SyslogFrames({
    maxBytes,
    take: (message) => messages.push(message.toString()),
    tooLong: () => (tooLong += 1),
  });
  for (const chunk of chunks) {
    frames.push(chunk);
    held = Math.max(held, frames.held);
  }
  frames.end();
  return { messages, tooLong, held };
}

describe("messages in a stream", () => {
  const stream = "<1>a\n11 <2>b\nb\nb123<3>c\r\n5 <4>é12 o'clock\n<5>e\0<6>last";

  it("are told apart by counts and by newlines, wherever the stream is cut", () => {
    const bytes = Buffer.from(stream);
    const whole = framed([bytes]).messages;
    expect(whole).toEqual([
      "<1>a",
      "<2>b\nb\nb123",
      "<3>c\r",
      "<4>é",
      "12 o'clock",
      "<5>e",
      "<6>last",
    ]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (sizes) => {
        const chunks: Buffer[] = [];
        for (let at = 0, i = 0; at < bytes.length; i += 1) {
          const size = sizes[i % sizes.length] ?? 1;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(framed(chunks).messages).toEqual(whole);
      }),
      { numRuns: 100 },
    );
  });

  it("that are too long are left out without being held", () => {
    const long = Buffer.from("x".repeat(5000));
    const said = framed([
      Buffer.from("<1>a\n9000 <"),
      Buffer.concat([long, long.subarray(0, 3999)]),
      Buffer.from("<2>b\n"),
      ...Array.from({ length: 50 }, () => long),
      Buffer.from("y\n<3>c\n999999999999999 "),
      long,
    ]);
    expect(said.messages).toEqual(["<1>a", "<2>b", "<3>c"]);
    expect(said.tooLong).toBe(3);
    expect(said.held).toBeLessThanOrEqual(100);
  });

  it("may be of any bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }), (chunks) => {
        const { held } = framed(
          chunks.map((bytes) => Buffer.from(bytes)),
          64,
        );
        expect(held).toBeLessThanOrEqual(64 + 11);
      }),
    );
  });
});
