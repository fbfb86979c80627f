import type { IncomingMessage, ServerResponse } from "node:http";

/** Something that looks at a request before its handler: headers, CORS, a body's or a rate's limit. */
export interface Step {
  /** Whether it has to ask somebody. Such steps come last: bodies arrive meanwhile, and are watched. */
  readonly asks?: boolean;
  /** False when the request has been answered, and nothing more is to be done about it. */
  before(
    request: IncomingMessage,
    response: ServerResponse,
    place: Place,
  ): boolean | Promise<boolean>;
}

/** What the framework has to do with a step. */
export interface Place {
  /** The framework's own request or context, for `identify`. */
  readonly subject: unknown;
  /** To be called before the step answers later on, from the middle of a body. */
  readonly answering: () => void;
}
