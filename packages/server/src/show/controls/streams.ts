import type { ServerResponse } from "node:http";
import type { Clock, Timer } from "../../model/index.ts";
import { ShowError } from "../errors.ts";
import type { HttpLimits } from "../limits.ts";

/** One application that is told of its service's controls. */
interface Stream {
  readonly raw: ServerResponse;
  /** Who it is counted for, and whose right is looked at. */
  readonly holder: string;
  readonly allowed: () => Promise<boolean>;
}

/**
 * The open streams of emergency controls. One timer serves them all: at each beat every stream gets a
 * sign of life, and each credential is looked at once.
 */
export class ControlStreams {
  readonly #clock: Clock;
  readonly #limits: HttpLimits;
  readonly #streams = new Set<Stream>();
  readonly #held = new Map<string, number>();
  #timer: Timer | undefined;
  #closed = false;

  constructor(clock: Clock, limits: HttpLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Throws `too_many_control_streams`: 429 for a holder who has too many, 503 when there are. */
  admit(holder: string): void {
    const { controlStreams, controlStreamsPerToken, controlRetry } = this.#limits;
    if ((this.#held.get(holder) ?? 0) >= controlStreamsPerToken) {
      throw new ShowError(
        "too_many_control_streams",
        429,
        `This token has ${controlStreamsPerToken} streams open already. Ask /api/controls/values instead, or use a token for each service.`,
        controlRetry,
      );
    }
    if (this.#closed || this.#streams.size >= controlStreams) {
      throw new ShowError(
        "too_many_control_streams",
        503,
        `This server tells ${controlStreams} applications already. Ask /api/controls/values instead, or another server.`,
        controlRetry,
      );
    }
  }

  /** Keeps a stream until its connection closes; then calls `gone`. */
  add(stream: Stream, gone: () => void): void {
    this.#streams.add(stream);
    this.#held.set(stream.holder, (this.#held.get(stream.holder) ?? 0) + 1);
    const { raw } = stream;
    raw.on("error", () => raw.destroy());
    raw.on("close", () => {
      this.#streams.delete(stream);
      const left = (this.#held.get(stream.holder) ?? 1) - 1;
      if (left === 0) this.#held.delete(stream.holder);
      else this.#held.set(stream.holder, left);
      gone();
    });
    if (this.#timer === undefined) this.#beatLater();
  }

  /** Sends to one that reads, and cuts off one that does not. */
  send(raw: ServerResponse, text: string): void {
    if (raw.writableLength > this.#limits.liveBacklog) raw.destroy();
    else raw.write(text);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    for (const { raw } of this.#streams) {
      raw.end();
      // It would wait for another request, and the server for it.
      raw.socket?.destroySoon();
    }
  }

  #beatLater(): void {
    this.#timer = this.#clock.after(this.#limits.liveHeartbeat, () => {
      this.#timer = undefined;
      void this.#beat();
    });
  }

  async #beat(): Promise<void> {
    const byHolder = new Map<string, Stream[]>();
    for (const stream of this.#streams) {
      const others = byHolder.get(stream.holder);
      if (others === undefined) byHolder.set(stream.holder, [stream]);
      else others.push(stream);
    }
    for (const streams of byHolder.values()) {
      // Whether the right still stands may be unknown while the database is away: applications keep
      // their stream then, which tells them nothing new anyway.
      const still = await (streams[0]?.allowed() ?? true);
      for (const { raw } of streams) {
        if (still) this.send(raw, ":\n\n");
        else raw.end();
      }
    }
    if (this.#streams.size > 0 && !this.#closed) this.#beatLater();
  }
}
