import { SeaworthyError } from "../../model/index.ts";

const STATUS = {
  post_mortem_not_found: 404,
  post_mortem_action_not_found: 404,
  post_mortem_changed: 409,
  post_mortem_too_early: 409,
} as const;

/** What cannot be done with a post-mortem. */
export class PostMortemError extends SeaworthyError {
  readonly code: keyof typeof STATUS;
  override readonly status: number;

  constructor(code: keyof typeof STATUS, message: string) {
    super(message);
    this.name = "PostMortemError";
    this.code = code;
    this.status = STATUS[code];
  }
}
