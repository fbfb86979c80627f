// The service worker: it shows pages that are pushed to this browser and takes their buttons. It answers
// no requests and keeps no files, so that it never stands between a reader and a newer interface.
import type { WorkerScope } from "./scope.ts";

const scope = self as unknown as WorkerScope;

/** What the server pushes. Addresses are paths of the server. */
interface Notice {
  readonly title: string;
  readonly body: string;
  readonly tag: string;
  readonly at: number;
  readonly see: string;
  readonly acknowledge: string | null;
  readonly escalate: string | null;
}

const LOOKS = { icon: "/icons/192.png", badge: "/icons/badge.png" } as const;

/** What cannot be read is a page all the same. */
const UNREADABLE: Notice = {
  title: "You are paged",
  body: "Open Seaworthy to see why.",
  tag: "page",
  at: 0,
  see: "/incidents",
  acknowledge: null,
  escalate: null,
};

scope.addEventListener("install", (event) => event.waitUntil(scope.skipWaiting()));

scope.addEventListener("push", (event) => {
  let notice = UNREADABLE;
  try {
    notice = { ...UNREADABLE, ...(event.data?.json() as Notice) };
  } catch {
    // Browsers take the right to push away from those who show nothing.
  }
  event.waitUntil(show(notice));
});

function show(notice: Notice): Promise<void> {
  return scope.registration.showNotification(notice.title, {
    ...LOOKS,
    body: notice.body,
    tag: notice.tag,
    renotify: true,
    requireInteraction: true,
    vibrate: [300, 100, 300, 100, 300],
    data: notice,
    ...(notice.at > 0 ? { timestamp: notice.at } : {}),
    actions: [
      ...(notice.acknowledge === null ? [] : [{ action: "acknowledge", title: "Acknowledge" }]),
      ...(notice.escalate === null ? [] : [{ action: "escalate", title: "Escalate" }]),
    ],
  });
}

scope.addEventListener("notificationclick", (event) => {
  const { action, notification } = event;
  const notice = notification.data as Notice;
  notification.close();
  if (action === "acknowledge" && notice.acknowledge !== null)
    event.waitUntil(press(notice.acknowledge, notice, notice.acknowledge));
  else if (action === "escalate" && notice.escalate !== null)
    event.waitUntil(press(notice.escalate, notice, notice.see));
  // Where notifications have no buttons, the page with the button is opened: it needs no sign-in.
  else event.waitUntil(open(hasButtons() ? notice.see : (notice.acknowledge ?? notice.see)));
});

function hasButtons(): boolean {
  return "maxActions" in Notification && Number(Notification.maxActions) > 0;
}

/** Asks the server, and shows what it answers; when it does not, a page is opened that says why. */
async function press(path: string, notice: Notice, otherwise: string): Promise<void> {
  try {
    const response = await fetch(path, { method: "POST", headers: { accept: "application/json" } });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const { title, text } = (await response.json()) as { title: string; text: string };
    await scope.registration.showNotification(title, {
      ...LOOKS,
      body: text,
      tag: notice.tag,
      silent: true,
      data: { ...notice, acknowledge: null, escalate: null },
    });
  } catch {
    await open(otherwise);
  }
}

async function open(path: string): Promise<void> {
  const windows = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  const shown = windows.find(({ url }) => new URL(url).pathname === path);
  await (shown === undefined ? scope.clients.openWindow(path) : shown.focus());
}

// Browsers replace their subscription now and then: the person's way of being paged goes on by the new one.
scope.addEventListener("pushsubscriptionchange", (event) => {
  const { oldSubscription } = event;
  if (oldSubscription !== null) event.waitUntil(replace(oldSubscription));
});

interface Way {
  readonly id: string;
  readonly address: string;
}

async function replace(old: PushSubscription): Promise<void> {
  try {
    const fresh = await scope.registration.pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: old.options.applicationServerKey,
    });
    const ways = "/api/account/contact-methods";
    const { methods } = (await asked(ways, "GET")) as { methods: readonly Way[] };
    const way = methods.find(({ address }) => address === old.endpoint);
    if (way === undefined) return;
    await asked(ways, "POST", { ...way, kind: "push", address: JSON.stringify(fresh) });
    await asked(`${ways}/${way.id}`, "DELETE");
  } catch {
    await show({
      ...UNREADABLE,
      title: "Pages may no longer reach this browser",
      body: "Open Seaworthy, and add this browser again.",
      see: "/on-call/me",
    });
  }
}

async function asked(path: string, method: string, body?: unknown): Promise<unknown> {
  const response = await fetch(path, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.json();
}
