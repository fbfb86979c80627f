import type { Kit } from "@seaworthy/sdk";
import type { FastifyInstance, FastifyReply } from "fastify";
import { demoAccount, passwordMatches } from "./accounts.ts";
import { categories } from "./catalogue.ts";
import type { Database } from "./database.ts";
import type { Faults } from "./faults.ts";
import type { Html } from "./html.ts";
import { wantsHtml } from "./negotiation.ts";
import {
  cartContent,
  catalogueContent,
  orderContent,
  problemContent,
  productContent,
  signInContent,
} from "./pages/shop-pages.ts";
import type { Session, Sessions } from "./sessions.ts";

/** What the routes work with. */
export interface ShopParts {
  readonly kit: Kit;
  readonly database: Database;
  readonly faults: Faults;
  readonly sessions: Sessions;
  /** Answers with a page whose frame is filled in for this visitor. */
  readonly show: (
    reply: FastifyReply,
    session: Session,
    title: string,
    content: Html,
  ) => Promise<FastifyReply>;
}

/** What the fault `errors` makes of a checkout. */
class PaymentProviderError extends Error {
  override name = "PaymentProviderError";
}

/** Catalogue, cart, checkout and sign-in. */
export function addShopRoutes(app: FastifyInstance, parts: ShopParts): void {
  const { kit, database, faults, sessions, show } = parts;

  app.get("/", async (request, reply) => {
    const session = sessions.of(request, reply);
    kit.activeUsers.seen(session.id);
    const wanted = field(request.query, "category");
    const category = categories.find((name) => name === wanted);
    const list = await database.products(category);
    if (!wantsHtml(request)) return list;
    return show(reply, session, "Catalogue", catalogueContent(list, category));
  });

  app.get<{ Params: { id: string } }>("/products/:id", async (request, reply) => {
    const session = sessions.of(request, reply);
    const product = await database.product(productId(request.params.id));
    if (product === undefined) return reply.callNotFound();
    if (!wantsHtml(request)) return product;
    return show(reply, session, product.name, productContent(product));
  });

  app.get("/cart", async (request, reply) => {
    const session = sessions.of(request, reply);
    const lines = await database.cart(session.id);
    if (!wantsHtml(request)) return lines;
    return show(reply, session, "Cart", cartContent(lines));
  });

  app.post("/cart/items", async (request, reply) => {
    const session = sessions.of(request, reply);
    const added = await database.addToCart(session.id, productId(field(request.body, "product")));
    if (!added) return reply.callNotFound();
    return wantsHtml(request) ? reply.redirect("/cart", 303) : reply.code(204).send();
  });

  app.post("/checkout", async (request, reply) => {
    const session = sessions.of(request, reply);
    if (faults.checkoutFails())
      throw new PaymentProviderError("the payment provider did not answer");
    const order = await database.placeOrder(session.id);
    if (order === undefined) {
      reply.code(409);
      if (!wantsHtml(request)) return { title: "The cart is empty", status: 409 };
      const content = problemContent("Your cart is empty", "There is nothing to check out yet.");
      return show(reply, session, "Empty cart", content);
    }
    kit.count("shop_orders_total");
    kit.count("shop_revenue_cents_total", {}, order.cents);
    kit.observe("shop_order_euros", order.cents / 100);
    return wantsHtml(request)
      ? reply.redirect(`/orders/${order.id}`, 303)
      : reply.code(201).send(order);
  });

  app.get<{ Params: { id: string } }>("/orders/:id", async (request, reply) => {
    const session = sessions.of(request, reply);
    const order = await database.order(session.id, productId(request.params.id));
    if (order === undefined) return reply.callNotFound();
    if (!wantsHtml(request)) return order;
    return show(reply, session, "Thank you", orderContent(order));
  });

  app.get("/sign-in", async (request, reply) =>
    show(reply, sessions.of(request, reply), "Sign in", signInContent(demoAccount, false)),
  );

  app.post("/sign-in", async (request, reply) => {
    const session = sessions.of(request, reply);
    const email = field(request.body, "email") ?? "";
    const known = await passwordMatches(email, field(request.body, "password") ?? "");
    kit.authAttempt(known ? "success" : "failure");
    if (known) {
      session.user = email;
      return wantsHtml(request) ? reply.redirect("/", 303) : reply.code(204).send();
    }
    reply.code(401);
    if (!wantsHtml(request)) return { title: "Wrong e-mail or password", status: 401 };
    return show(reply, session, "Sign in", signInContent(demoAccount, true));
  });

  app.post("/sign-out", async (request, reply) => {
    sessions.of(request, reply).user = undefined;
    return reply.redirect("/", 303);
  });
}

/** A text field of a form, a query or a JSON body. */
function field(source: unknown, name: string): string | undefined {
  if (typeof source !== "object" || source === null || !Object.hasOwn(source, name))
    return undefined;
  const value: unknown = Reflect.get(source, name);
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

/** A number that PostgreSQL takes as an integer; 0, which is nothing's id, for everything else. */
function productId(text: string | undefined): number {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : 0;
}
