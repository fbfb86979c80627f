import { createEngine, featuresOn, FEATURES, formatExpr, PromqlError } from "@seaworthy/promql";
import type { Feature } from "@seaworthy/promql";
import { randomQuery } from "@seaworthy/promql/testing";
import fc from "fast-check";
import { ExpositionError, parseWhole } from "../../src/receive/scrape/format/parser.ts";
import type { ExposedLabels, Parser } from "../../src/receive/scrape/format/parser.ts";
import { OpenMetricsParser } from "../../src/receive/scrape/format/open-metrics.ts";
import { ProtobufParser } from "../../src/receive/scrape/format/protobuf.ts";
import { TextParser } from "../../src/receive/scrape/format/text.ts";
import { relabelRules } from "../../src/receive/scrape/relabel-config.ts";
import { relabel } from "../../src/receive/scrape/relabel.ts";
import { SyslogFrames } from "../../src/receive/syslog/frames.ts";
import { parseSyslog } from "../../src/receive/syslog/message.ts";
import { expositionCorpus } from "../exposition-corpus.ts";
import { openMetricsCorpus } from "../open-metrics-corpus.ts";
import { protobufExposition } from "../protobuf-exposition.ts";
import { anyMessage, damaged } from "./bytes.ts";
import { target } from "./target.ts";
import type { FuzzTarget } from "./target.ts";

/** Expositions in every format: pieces of good ones in any order, and damaged ones. */
export function exposition(): FuzzTarget {
  const keep = (labels: ExposedLabels) => labels;
  // They keep what they learned from one body for the next, as those of a target do.
  const parsers: readonly Parser<ExposedLabels>[] = [
    new TextParser<ExposedLabels>(keep),
    new OpenMetricsParser<ExposedLabels>(keep),
    new ProtobufParser<ExposedLabels>(keep, { native: true, classic: true }),
  ];
  const whole = [...Object.values(expositionCorpus), ...Object.values(openMetricsCorpus)];
  const pieces = fc.constantFrom(
    ...whole.flatMap((body) => String(body).match(/[^\n]*\n|[^\n]+/g) ?? []),
  );
  const odd = fc.constantFrom(...' \t#{}",=\\1e+Inf\n\u0000é'.split(""), "# EOF\n");
  const text = fc
    .array(fc.oneof({ weight: 6, arbitrary: pieces }, { weight: 1, arbitrary: odd }), {
      maxLength: 20,
    })
    .map((parts) => Buffer.from(parts.join("")));
  const binary = fc.oneof(anyMessage, fc.constant(protobufExposition));
  return target(damaged(fc.oneof(text, binary)), async (body) => {
    for (const parser of parsers) {
      try {
        parseWhole(parser, body);
      } catch (error) {
        if (!(error instanceof ExpositionError)) throw error;
        continue;
      }
      for (let i = 0; i < parser.count; i += 1) parser.seriesOf(i);
    }
  });
}

/** Queries that the grammar makes, whole and with tokens lost or doubled. */
export function promql(): FuzzTarget {
  const engine = createEngine({ experimental: featuresOn(Object.keys(FEATURES) as Feature[]) });
  const numbers = fc.array(fc.nat(0xffff), { minLength: 1, maxLength: 200 });
  const changes = fc.array(fc.tuple(fc.nat(0xffff), fc.boolean()), { maxLength: 2 });
  return target(fc.tuple(numbers, changes), async ([choices, lost]) => {
    let at = 0;
    const next = (below: number) => (choices[at++ % choices.length] ?? 0) % below;
    const tokens = randomQuery(next, 3).split(/(?<=[()[\]{}:,])|(?=[()[\]{}:,])/);
    for (const [place, isDoubled] of lost) {
      const token = place % tokens.length;
      tokens.splice(token, 1, ...(isDoubled ? [tokens[token] ?? "", tokens[token] ?? ""] : []));
    }
    const query = tokens.join("");
    let written: string;
    try {
      written = formatExpr(engine.parse(query));
    } catch (error) {
      if (error instanceof PromqlError) return;
      throw error;
    }
    const again = formatExpr(engine.parse(written));
    if (again !== written) throw new Error(`${written} is written as ${again} the second time`);
  });
}

/** Relabelling: any rules of a configuration, and those that are taken on any labels. */
export function relabelling(): FuzzTarget {
  const name = fc.constantFrom(
    "__address__",
    "job",
    "a",
    "a_b",
    "__proto__",
    "é",
    "",
    "${1}",
    "$1x",
  );
  const word = fc.oneof(name, fc.string({ maxLength: 8 }));
  const regex = fc.oneof(
    fc.constantFrom(
      "(.*)",
      "(a|b)+",
      "(?P<x>.)",
      "(?i)a",
      "^",
      "[a-",
      "(",
      "\\d{1,3}",
      "(?:.*){9}",
    ),
    fc.string({ maxLength: 8 }),
  );
  const rule = fc.record(
    {
      action: fc.constantFrom(
        ..."replace keep drop keepequal dropequal hashmod labelmap".split(" "),
        ..."labeldrop labelkeep lowercase uppercase Replace other".split(" "),
      ),
      source_labels: fc.array(word, { maxLength: 3 }),
      separator: word,
      regex,
      modulus: fc.oneof(fc.nat(9), fc.constantFrom("0x10", "18446744073709551615", "-1", "x")),
      target_label: word,
      replacement: fc.oneof(word, fc.constantFrom("${1}", "$$", "${x}", "$0$1", "${1")),
    },
    { requiredKeys: [] },
  );
  const labels = fc.array(fc.tuple(word, fc.string({ maxLength: 12 })), { maxLength: 6 });
  return target(fc.tuple(fc.array(rule, { maxLength: 4 }), labels), async ([given, pairs]) => {
    const rules = relabelRules.safeParse(given);
    if (!rules.success) return;
    relabel(new Map(pairs), rules.data);
  });
}

/** Streams of syslog: pieces of good messages in any order, damaged, cut anywhere. */
export function syslog(): FuzzTarget {
  const pieces = fc.constantFrom(
    "<13>",
    "<999>",
    "1 ",
    "- ",
    "[a@1",
    ' b="',
    '\\"',
    '"',
    "]",
    "Jan  1 00:00:00 ",
    "host ",
    "tag[1]: ",
    "2026-01-01T00:00:00.5Z ",
    "12 <",
    "99999999 <",
    "\n",
    "\0",
    "é",
    "\\",
  );
  const text = fc.array(pieces, { maxLength: 40 }).map((parts) => Buffer.from(parts.join("")));
  const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 });
  return target(fc.tuple(damaged(text), sizes), async ([bytes, cuts]) => {
    const maxBytes = 64;
    const take = (message: Buffer) => {
      const { severity, text: line } = parseSyslog(message, 1_700_000_000_000);
      if (severity === "" || line.length > message.length) throw new Error("a message grew");
    };
    const frames = new SyslogFrames({ maxBytes, take, tooLong: () => {} });
    for (let at = 0, i = 0; at < bytes.length; i += 1) {
      const size = cuts[i % cuts.length] ?? 1;
      frames.push(bytes.subarray(at, at + size));
      at += size;
      if (frames.held > maxBytes + 11) throw new Error("more is held than may be");
    }
    frames.end();
  });
}
