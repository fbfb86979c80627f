/** What a screen tells the frame about itself. */
export interface ScreenHandle {
  /** `shared`: the screen shows the time range of the URL. Else it has one of its own, with a name, until one is chosen. */
  readonly range?: "shared" | { readonly own: string };
}
