import { SeaworthyError } from "../../model/index.ts";

const STATUS = {
  chat_not_configured: 404,
  chat_signature_refused: 401,
  chat_request_replayed: 409,
  chat_request_invalid: 400,
} as const;

/** What a chat may not ask, or cannot be asked. */
export class ChatError extends SeaworthyError {
  readonly code: keyof typeof STATUS;
  override readonly status: number;

  constructor(code: keyof typeof STATUS, message: string) {
    super(message);
    this.name = "ChatError";
    this.code = code;
    this.status = STATUS[code];
  }
}
