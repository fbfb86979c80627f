import { subscribe, unsubscribe } from "node:diagnostics_channel";

/** A diagnostics channel of Node's and what is done with its messages. */
export type Listener<Message> = readonly [channel: string, listen: (message: Message) => void];

/**
 * Listens, and returns what stops it. `caught` is told of errors, which must not reach who publishes.
 */
export function listenTo<Message>(
  listeners: readonly Listener<Message>[],
  caught: (error: unknown) => void,
): () => void {
  const subscriptions = listeners.map(([channel, listen]) => {
    const guarded = (message: unknown): void => {
      try {
        listen(message as Message);
      } catch (error) {
        caught(error);
      }
    };
    subscribe(channel, guarded);
    return () => unsubscribe(channel, guarded);
  });
  return () => {
    for (const stop of subscriptions) stop();
  };
}
