/** What became of one attempt to deliver a notification. */
export type Outcome =
  | {
      readonly kind: "sent";
      /** What the receiver calls the message, for integrations that change it later. */
      readonly message?: string;
    }
  /** It may work later; `after` is what the receiver asked for, in milliseconds. */
  | { readonly kind: "retry"; readonly error: string; readonly after?: number }
  /**
   * This notification will not get through however often it is tried. The group's next flush tries
   * with a new one, unless `decideAgain` is false.
   */
  | { readonly kind: "failed"; readonly error: string; readonly decideAgain?: false };

/** The outcome of what cannot be sent, whatever happens. */
export function failed(error: string): Outcome {
  return { kind: "failed", error };
}
