import { compilePipeline } from "@seaworthy/logql";
import type { LogExpr, LogLine } from "@seaworthy/logql";
import { compileMatchers } from "../../model/index.ts";
import type { Labels, LogBatch, LogSink } from "../../model/index.ts";

/** Lines that wait for one who follows and does not keep up. */
const MAX_WAITING = 10_000;
/** Their characters, labels left aside: lines may be long. */
const MAX_LENGTH = 16 * 1024 * 1024;

/** What has come since it was asked last. */
export interface Followed {
  readonly lines: readonly LogLine[];
  /** Lines that had to be left out, because the follower did not keep up. */
  readonly dropped: number;
}

/** Someone who follows a query. */
export interface Follower {
  take(): Followed;
  stop(): void;
}

/** Lines as they come: `logs` is the sink to write to, so that followers see what was stored. */
export interface LogTail {
  readonly logs: LogSink;
  /** Follows a log query from now on. */
  follow(log: LogExpr): Follower;
}

interface Following {
  offer(batch: LogBatch): void;
}

/** Shows followers of this process what it stores. A batch that is sent again is shown again. */
export function createLogTail(sink: LogSink): LogTail {
  const followers = new Set<Following>();
  return {
    logs: {
      async write(batch) {
        await sink.write(batch);
        for (const follower of followers) follower.offer(batch);
      },
    },
    follow(log) {
      const matches = compileMatchers(log.matchers);
      const pipeline = compilePipeline(log.stages);
      let waiting: LogLine[] = [];
      let length = 0;
      let dropped = 0;
      const following: Following = {
        offer({ streams, streamOf, times, lines, metadata }) {
          const wanted = streams.map((labels) => matches(labels));
          for (let i = 0; i < lines.length; i += 1) {
            const stream = streamOf[i] ?? 0;
            if (wanted[stream] !== true) continue;
            const labels: Labels = streams[stream] ?? {};
            const timeNs = times[i] ?? 0n;
            const result = pipeline.run(lines[i] ?? "", timeNs, labels, metadata[i] ?? {});
            if (result === undefined) continue;
            if (waiting.length >= MAX_WAITING || length > MAX_LENGTH) dropped += 1;
            else {
              waiting.push({ timeNs, line: result.line, ...result.labels.categories() });
              length += result.line.length;
            }
          }
        },
      };
      followers.add(following);
      return {
        take() {
          const taken = { lines: waiting, dropped };
          waiting = [];
          length = 0;
          dropped = 0;
          return taken;
        },
        stop: () => void followers.delete(following),
      };
    },
  };
}
