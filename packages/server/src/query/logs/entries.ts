import type { EntriesRequest, LogEntry } from "@seaworthy/logql";
import { LEVEL, SPAN_ID, TRACE_ID } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";
import type { Block, Telemetry } from "../../store/index.ts";
import { mapsOf, numbersOf, textsOf } from "../columns.ts";
import { LabelColumns } from "./label-columns.ts";
import { lineConditions } from "./line-conditions.ts";
import { NUMBER_SETTINGS } from "./parsed-labels.ts";
import { Sql } from "../sql.ts";
import { linesCondition } from "./streams.ts";
import type { Stream } from "./streams.ts";

const MINUTE_NS = 60_000_000_000n;
/** The first piece of time that is read; it grows while it holds little. */
const FIRST_NS = 30n * MINUTE_NS;
/** The first where few lines are wanted, and how much longer the next may be. */
const FIRST_OF_FEW_NS = MINUTE_NS;
const MOST_GROWTH = 64;
/** Lines of one piece, at which a piece is right; a piece may hold some more, and is cut at `MOST`. */
const WANTED = 20_000;
const MOST = 50_000;
/** A page of few lines becomes so much longer when the engine lets few of them through. */
const PAGE_GROWTH = 4;

/** Reads the lines of streams in the order of their times, in pieces of time that fit into memory. */
export async function* readEntries(
  telemetry: Telemetry,
  streams: readonly Stream[],
  request: EntriesRequest,
): AsyncGenerator<LogEntry[]> {
  if (streams.length === 0 || request.startNs >= request.endNs) return;
  const labels = new Map(streams.map((stream) => [stream.id, stream.labels] as const));
  const backward = request.direction === "backward";
  let { startNs, endNs } = request;
  let width = request.limit === undefined ? FIRST_NS : FIRST_OF_FEW_NS;
  let page = pageOf(request);
  let given = 0;
  while (startNs < endNs) {
    const piece = backward
      ? { startNs: endNs - width > startNs ? endNs - width : startNs, endNs }
      : { startNs, endNs: startNs + width < endNs ? startNs + width : endNs };
    const rows = await readPiece(telemetry, streams, request, piece, page, labels);
    if (rows.length > 0) yield rows;
    const last = rows.at(-1)?.timeNs;
    // A piece that was cut goes on where it was: all lines of its last moment are in it.
    const cut = rows.length >= page && last !== undefined;
    if (backward) endNs = cut ? last : piece.startNs;
    else startNs = cut ? last + 1n : piece.endNs;
    if (cut) page = Math.min(MOST, page * PAGE_GROWTH);
    given += rows.length;
    width = nextWidth(width, rows.length, request.limit, given);
  }
}

/** By how much was found: a day of few lines is three statements, each of which takes its time to be planned. */
function nextWidth(width: bigint, found: number, limit: number | undefined, given: number): bigint {
  if (limit !== undefined && given < limit) {
    const growth = found === 0 ? MOST_GROWTH : Math.ceil((2 * (limit - given)) / found);
    return width * BigInt(Math.min(MOST_GROWTH, Math.max(2, growth)));
  }
  if (found < WANTED / 4) return width * 16n;
  return found > WANTED && width > MINUTE_NS ? width / 2n : width;
}

/** Lines of a page: few when few are wanted and the engine may keep all that it is given. */
function pageOf({ limit }: EntriesRequest): number {
  return limit === undefined ? MOST : Math.min(MOST, Math.max(limit * 2, 200));
}

async function readPiece(
  telemetry: Telemetry,
  streams: readonly Stream[],
  request: EntriesRequest,
  piece: { readonly startNs: bigint; readonly endNs: bigint },
  page: number,
  labels: ReadonlyMap<bigint, Labels>,
): Promise<LogEntry[]> {
  const sql = new Sql();
  const { conditions, first } = lineConditions(
    request.log.stages,
    sql,
    new LabelColumns(sql, streams),
  );
  const lines = linesCondition(sql, streams, piece);
  const where =
    first.length === 0
      ? `WHERE ${[lines, ...conditions].join(" AND ")}`
      : `PREWHERE ${[lines, ...first].join(" AND ")} WHERE ${["1", ...conditions].join(" AND ")}`;
  const order = request.direction === "backward" ? "DESC" : "ASC";
  const blocks = await telemetry.select(
    `SELECT toUnixTimestamp64Nano(time) AS at, seq, stream, CAST(level, 'String') AS lvl, trace_id, span_id, line, metadata
    FROM logs ${where} ORDER BY time ${order} LIMIT ${page} WITH TIES`,
    sql.parameters,
    {
      settings: NUMBER_SETTINGS,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    },
  );
  const rows = blocks.flatMap((block) => rowsOf(block, labels));
  const sign = request.direction === "backward" ? -1 : 1;
  rows.sort((a, b) => {
    if (a.entry.timeNs === b.entry.timeNs) return sign * (a.seq - b.seq);
    return a.entry.timeNs < b.entry.timeNs ? -sign : sign;
  });
  return rows.map(({ entry }) => entry);
}

function rowsOf(block: Block, labels: ReadonlyMap<bigint, Labels>) {
  const at = numbersOf(block, "at");
  const seq = numbersOf(block, "seq");
  const ids = numbersOf(block, "stream");
  const lines = textsOf(block, "line");
  const metadata = mapsOf(block, "metadata");
  const columns = [LEVEL, TRACE_ID, SPAN_ID].map((name) => ({
    name,
    data: textsOf(block, name === LEVEL ? "lvl" : name),
  }));
  return metadata.map((rest, row) => {
    for (const { name, data } of columns) {
      const value = data[row] ?? "";
      if (value !== "") rest[name] = value;
    }
    const entry: LogEntry = {
      timeNs: BigInt(at[row] ?? 0),
      line: lines[row] ?? "",
      stream: labels.get(BigInt(ids[row] ?? 0)) ?? {},
      metadata: rest,
    };
    return { entry, seq: Number(seq[row]) };
  });
}
