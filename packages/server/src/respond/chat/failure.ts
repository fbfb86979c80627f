/** Why nothing can be said in a chat for now; `after` is what it asked for, in milliseconds. */
export class ChatFailure extends Error {
  readonly after: number | undefined;

  constructor(message: string, after?: number) {
    super(message);
    this.name = "ChatFailure";
    this.after = after;
  }
}
