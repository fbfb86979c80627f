import { AsyncLocalStorage } from "node:async_hooks";

/** What the kit knows about the request that is being served. */
export interface RequestContext {
  readonly requestId: string;
  /** The error that the framework reported for this request, when it did. */
  error?: unknown;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** The request being served by the calling code, or undefined outside of any request. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}

/** Runs `action` so that everything it starts sees `context` as the current request. */
export function runInRequest<T>(context: RequestContext, action: () => T): T {
  return storage.run(context, action);
}
