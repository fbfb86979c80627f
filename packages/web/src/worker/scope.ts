/** What a service worker has that a page has not, as far as it is used here (Push API, Notifications API). */
export interface WorkerScope {
  readonly registration: ServiceWorkerRegistration & {
    showNotification(title: string, options: Shown): Promise<void>;
  };
  readonly clients: {
    matchAll(options: {
      readonly type: "window";
      readonly includeUncontrolled: boolean;
    }): Promise<readonly { readonly url: string; focus(): Promise<unknown> }[]>;
    openWindow(path: string): Promise<unknown>;
  };
  skipWaiting(): Promise<void>;
  addEventListener<Name extends keyof WorkerEvents>(
    name: Name,
    listener: (event: WorkerEvents[Name]) => void,
  ): void;
}

interface Extendable {
  waitUntil(work: Promise<unknown>): void;
}

interface WorkerEvents {
  readonly install: Extendable;
  readonly push: Extendable & { readonly data: { json(): unknown } | null };
  readonly notificationclick: Extendable & {
    readonly action: string;
    readonly notification: Notification;
  };
  readonly pushsubscriptionchange: Extendable & {
    readonly oldSubscription: PushSubscription | null;
  };
}

/** Notification options, with those that the page's own constructor does not take. */
interface Shown extends NotificationOptions {
  readonly renotify?: boolean;
  readonly timestamp?: number;
  readonly vibrate?: readonly number[];
  readonly actions?: readonly { readonly action: string; readonly title: string }[];
}
