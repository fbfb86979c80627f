import { Agent, request as httpRequest } from "node:http";
import { demoAccount } from "./accounts.ts";
import { products } from "./catalogue.ts";
import type { Faults } from "./faults.ts";

/** How often a step is taken; with the steps below that makes 25 requests a second. */
const tickMs = 40;
/** Requests under way at most; while the shop is slow, visitors beyond that stay away. */
const maxInFlight = 60;
const visitors = 40;
/** So many checkouts lie between filling a cart and its own. */
const stepsAhead = 6;
const requestTimeoutMs = 10_000;
/** One in so many sign-ins has a typing error. */
const typingErrorEvery = 10;

type Step = "home" | "category" | "product" | "add" | "checkout" | "cart" | "sign-in";

/** One second of traffic, spread so that checkouts come evenly: six of them. */
const second: readonly Step[] = [
  "home",
  "add",
  "product",
  "checkout",
  "product",
  "add",
  "category",
  "checkout",
  "home",
  "product",
  "add",
  "checkout",
  "cart",
  "product",
  "add",
  "checkout",
  "product",
  "category",
  "add",
  "checkout",
  "sign-in",
  "product",
  "add",
  "checkout",
  "cart",
];

interface Visitor {
  cookie: string;
}

export interface Traffic {
  stop(): void;
}

/** Sends a steady mix of browsing, carts, checkouts and sign-ins to the shop at `url`. */
export function startTraffic(url: string): Traffic {
  const send = sender(url);
  // Visitors take turns, and put something into their cart a while before they check out.
  const people = Array.from({ length: visitors }, (): Visitor => ({ cookie: "" }));
  let step = 0;
  let turn = 0;
  let buyer = 0;
  let signIns = 0;
  const timer = setInterval(() => {
    const what = second[step % second.length] ?? "home";
    step += 1;
    turn += 1;
    const browsing = people[turn % visitors] ?? { cookie: "" };
    const buying = people[buyer % visitors] ?? browsing;
    const choosing = people[(buyer + stepsAhead) % visitors] ?? browsing;
    const product = products[(turn * 7) % products.length]?.id ?? 1;
    switch (what) {
      case "home":
        return send(browsing, "GET", "/");
      case "category":
        return send(browsing, "GET", "/?category=Deck");
      case "product":
        return send(browsing, "GET", `/products/${product}`);
      case "cart":
        return send(browsing, "GET", "/cart");
      case "add":
        return send(choosing, "POST", "/cart/items", `product=${product}`);
      case "checkout":
        buyer += 1;
        return send(buying, "POST", "/checkout", "");
      default:
        signIns += 1;
        return send(browsing, "POST", "/sign-in", credentials(signIns % typingErrorEvery === 0));
    }
  }, tickMs);
  return { stop: () => clearInterval(timer) };
}

/** Sends failing sign-ins, 25 a second, for as long as the fault `auth-storm` is on. */
export function startStorm(url: string, faults: Faults): Traffic {
  const send = sender(url);
  let timer: NodeJS.Timeout | undefined;
  let attempts = 0;
  faults.onChange((name, on) => {
    if (name !== "auth-storm") return;
    clearInterval(timer);
    if (!on) return;
    timer = setInterval(() => {
      attempts += 1;
      send(
        { cookie: "" },
        "POST",
        "/sign-in",
        `email=victim${attempts % 50}%40harbour.example&password=guess${attempts}`,
      );
    }, tickMs);
  });
  return { stop: () => clearInterval(timer) };
}

function credentials(mistyped: boolean): string {
  const password = mistyped ? "sail-awya" : demoAccount.password;
  return new URLSearchParams({ email: demoAccount.email, password }).toString();
}

function sender(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: maxInFlight });
  let inFlight = 0;
  return (visitor: Visitor, method: "GET" | "POST", path: string, body?: string): void => {
    if (inFlight >= maxInFlight) return;
    inFlight += 1;
    const headers: Record<string, string> = { accept: "text/html" };
    if (visitor.cookie !== "") headers["cookie"] = visitor.cookie;
    if (body !== undefined) headers["content-type"] = "application/x-www-form-urlencoded";
    const call = httpRequest(
      url + path,
      { method, agent, headers, timeout: requestTimeoutMs },
      (response) => {
        const cookie = response.headers["set-cookie"]?.[0]?.split(";", 1)[0];
        if (cookie !== undefined) visitor.cookie = cookie;
        response.resume();
      },
    );
    call.on("timeout", () => call.destroy());
    // A shop that is down refuses its visitors; they try again with the next step.
    call.on("error", () => {});
    call.once("close", () => {
      inFlight -= 1;
    });
    call.end(body);
  };
}
