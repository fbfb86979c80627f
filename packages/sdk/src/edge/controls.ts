import {
  readSnapshot,
  valueIn,
  type ControlName,
  type ControlShape,
  type ControlSnapshot,
  type ControlValue,
  type ValueOf,
} from "../controls/values.ts";

export interface EdgeControlsOptions {
  readonly service: string;
  readonly environment?: string;
  readonly url?: string | undefined;
  /** A key that names the service. */
  readonly key?: string | undefined;
  /** How old values may be before a request asks for newer ones, in milliseconds. Default: 1000. */
  readonly maxAgeMs?: number;
  /** How long a request waits for them, in milliseconds. Default: 500. */
  readonly waitMs?: number;
}

/** Controls at one moment: what one request reads stays the same while it is served. */
export interface EdgeControlValues<Shape extends ControlShape> {
  readonly revision: number;
  isOn(name: ControlName<Shape>): boolean;
  value<Name extends ControlName<Shape>, Fallback extends ControlValue>(
    name: Name,
    fallback: Fallback,
  ): ValueOf<Shape, Name, Fallback>;
}

/** After a failure nobody waits for an answer for so long, in milliseconds. */
const restMs = 5_000;

/**
 * Emergency controls where there is no place for a stream: `const now = await controls.read()` in each
 * request. Values are kept between requests and asked for anew when they are too old; when Seaworthy is
 * away the last known ones stay. Never rejects.
 */
export class EdgeControls<Shape extends ControlShape = ControlShape> {
  readonly #options: EdgeControlsOptions;
  #snapshot: ControlSnapshot | undefined;
  #tag: string | null = null;
  #freshUntil = 0;
  #asking: Promise<void> | undefined;

  constructor(options: EdgeControlsOptions) {
    this.#options = options;
  }

  /** The values now. */
  async read(): Promise<EdgeControlValues<Shape>> {
    const { url, key } = this.#options;
    if (url !== undefined && key !== undefined && Date.now() >= this.#freshUntil) {
      // A request's own work at the edge ends with it: it is not left to another one to wait for.
      this.#asking ??= this.#ask(url, key).finally(() => {
        this.#asking = undefined;
      });
      await this.#asking;
    }
    const snapshot = this.#snapshot;
    return {
      revision: snapshot?.revision ?? 0,
      isOn: (name) => snapshot?.values.get(name) === true,
      value: <Name extends ControlName<Shape>, Fallback extends ControlValue>(
        name: Name,
        fallback: Fallback,
      ) => valueIn(snapshot, name, fallback) as ValueOf<Shape, Name, Fallback>,
    };
  }

  async #ask(base: string, key: string): Promise<void> {
    const { service, environment = "production", maxAgeMs = 1_000, waitMs = 500 } = this.#options;
    try {
      const url = new URL("/api/controls/values", base);
      url.search = new URLSearchParams({ service, environment }).toString();
      const response = await fetch(url, {
        headers: {
          authorization: `Bearer ${key}`,
          ...(this.#tag === null ? {} : { "if-none-match": this.#tag }),
        },
        signal: AbortSignal.timeout(waitMs),
      });
      const body = await response.text();
      if (response.status === 200) {
        this.#snapshot = readSnapshot(body);
        this.#tag = response.headers.get("etag");
      }
      const isKnown = response.status === 200 || response.status === 304;
      this.#freshUntil = Date.now() + (isKnown ? maxAgeMs : restMs);
    } catch {
      this.#freshUntil = Date.now() + restMs;
    }
  }
}
