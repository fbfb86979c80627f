import { SeaworthyError } from "../../model/index.ts";

/** Why a scrape failed. The message is shown as the target's last error. */
export class ScrapeFault extends SeaworthyError {
  readonly code = "scrape_failed";
  override readonly status = 502;
  override readonly name = "ScrapeFault";
}

/** An answer was larger than it may be. */
export class BodyTooLarge extends ScrapeFault {}
