import { getClient } from "@sentry/browser";
import { replayIntegration } from "@sentry/replay";
import type { ReplayOptions } from "./options.ts";

/** Attributes that say something to people, and are masked as texts are. */
const spokenAttributes = [
  "title",
  "placeholder",
  "aria-label",
  "aria-description",
  "aria-valuetext",
  "aria-placeholder",
  "alt",
  "label",
  "summary",
  "content",
  "value",
];

/** Records what happens on the page, from now on. Its own chunk: most of the kit's weight is here. */
export function startReplay(options: ReplayOptions): void {
  const show = options.showText === true;
  getClient()?.addIntegration(
    replayIntegration({
      maskAllText: !show,
      // What somebody types is never shown.
      maskAllInputs: true,
      blockAllMedia: options.showMedia !== true,
      maskAttributes: show ? [] : spokenAttributes,
      unmask: [...(options.unmask ?? [])],
      block: [...(options.block ?? [])],
      // The transport compresses, once it has masked; no worker, which policies forbid.
      useCompression: false,
      networkDetailAllowUrls: [],
      networkCaptureBodies: false,
    }),
  );
}
