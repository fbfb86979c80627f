/** What a screen tells the frame about itself. */
export interface ScreenHandle {
  /** `shared`: the screen shows the time range of the URL. `own`: it has one of its own until one is chosen. */
  readonly range?: "shared" | "own";
}
