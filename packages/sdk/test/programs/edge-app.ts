/** A small application at the edge: the same one, started by each runtime as its users start it. */
import { seaworthy } from "../../src/edge.ts";

export interface Environment {
  readonly SEAWORTHY_URL: string;
  readonly SEAWORTHY_KEY: string;
  /** A service that tells the `traceparent` it was sent. */
  readonly CALLED: string;
}

export interface Waiting {
  waitUntil?(work: Promise<unknown>): void;
}

export const serve = seaworthy(
  (env: Environment) => ({ service: "edge", url: env.SEAWORTHY_URL, key: env.SEAWORTHY_KEY }),
  async (request, env, _context: Waiting, tools) => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/items/")) {
      tools.route("/items/:id");
      tools.log("warn", "looking", { item: 7 });
      return tools.span("work", () => tools.fetch(`${env.CALLED}/stock?secret=x`));
    }
    if (pathname === "/caught") {
      tools.captureException(new RangeError("dealt with"), { tags: { shop: "north" } });
      return new Response("ok");
    }
    if (pathname === "/broken") throw new TypeError("broken");
    if (pathname === "/away") return Response.redirect("https://other.example/", 302);
    if (pathname === "/echo") return new Response(request.body);
    return new Response("none", { status: 404 });
  },
);
