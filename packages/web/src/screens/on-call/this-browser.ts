import { getPushKey } from "@seaworthy/contract";
import { call } from "../../api/call.ts";

/** Why this browser cannot be paged, and what to do about it. */
class CannotBePaged extends Error {}

/** What stands in the way of asking at all; null when nothing does. */
export function obstacle(): string | null {
  if (!window.isSecureContext)
    return "Browsers take pages only from https:// addresses. Open Seaworthy by one.";
  if ("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)
    return null;
  return isApple()
    ? "An iPhone or iPad takes pages from what stands on its home screen: choose Share, then “Add to Home Screen”, open Seaworthy from there and come back here."
    : "This browser takes no pages: it lacks push notifications, or a private window keeps them away.";
}

/** An iPad says that it is a Mac, and can be touched. */
function isApple(): boolean {
  const { userAgent, maxTouchPoints } = navigator;
  return /iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1);
}

/** What this browser would be called, such as `Chrome on Android`. */
export function browserName(userAgent: string = navigator.userAgent): string {
  const first = (known: readonly (readonly [RegExp, string])[], otherwise: string) =>
    known.find(([pattern]) => pattern.test(userAgent))?.[1] ?? otherwise;
  const browser = first(
    [
      [/Edg(?:A|iOS)?\//, "Edge"],
      [/OPR\//, "Opera"],
      [/SamsungBrowser\//, "Samsung Internet"],
      [/(?:Firefox|FxiOS)\//, "Firefox"],
      [/(?:Chrome|CriOS)\//, "Chrome"],
      [/Safari\//, "Safari"],
    ],
    "Browser",
  );
  const system = first(
    [
      [/iPhone|iPod/, "iPhone"],
      [/iPad/, "iPad"],
      [/Android/, "Android"],
      [/Windows/, "Windows"],
      [/Macintosh/, "Mac"],
      [/CrOS/, "ChromeOS"],
      [/Linux/, "Linux"],
    ],
    "a device",
  );
  return `${browser} on ${system}`;
}

/**
 * Asks the person, and makes this browser take pushes from here; answers its subscription as JSON. Throws
 * an error that says what to do. Called in a click: browsers ask for nothing otherwise.
 */
export async function subscribeHere(): Promise<string> {
  const lack = obstacle();
  if (lack !== null) throw new CannotBePaged(lack);
  const permission = await Notification.requestPermission();
  if (permission === "denied")
    throw new CannotBePaged(
      "Notifications of this address are refused. Allow them in the browser's settings for this site (on a telephone also in those of the system), then add it again.",
    );
  if (permission === "default")
    throw new CannotBePaged("The browser was not allowed to show notifications. Add it again.");
  const registration = await registered();
  const { publicKey } = await call(getPushKey, {});
  try {
    return JSON.stringify(await subscribed(registration, publicKey));
  } catch (error) {
    const reason = error instanceof Error ? ` (${error.message})` : "";
    throw new CannotBePaged(
      `The browser's push service could not be reached${reason}. Some browsers and networks switch it off.`,
    );
  }
}

/** What stands at the service worker's address; the browser looks for a newer one at every visit. */
async function registered(): Promise<ServiceWorkerRegistration> {
  await navigator.serviceWorker.register("/service-worker.js", { updateViaCache: "none" });
  return navigator.serviceWorker.ready;
}

async function subscribed(
  registration: ServiceWorkerRegistration,
  publicKey: string,
): Promise<PushSubscription> {
  const key = Uint8Array.from(
    atob(publicKey.replaceAll("-", "+").replaceAll("_", "/")),
    (character) => character.codePointAt(0) ?? 0,
  );
  const options = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return await registration.pushManager.subscribe(options);
  } catch (error) {
    // It was subscribed by another key: to another installation that stood here.
    const old = await registration.pushManager.getSubscription();
    if (old === null) throw error;
    await old.unsubscribe();
    return registration.pushManager.subscribe(options);
  }
}

/** Ends this browser's subscription if it is the one at `endpoint`. */
export async function unsubscribeHere(endpoint: string): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const registration = await navigator.serviceWorker.getRegistration();
  const subscription = await registration?.pushManager?.getSubscription();
  if (subscription?.endpoint === endpoint) await subscription.unsubscribe();
}
