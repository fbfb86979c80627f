import { setTimeout as sleep } from "node:timers/promises";
import { PGlite } from "@electric-sql/pglite";
import type { Kit } from "@seaworthy/sdk";
import { products, type Product } from "./catalogue.ts";

export interface CartLine {
  readonly product: number;
  readonly name: string;
  readonly cents: number;
  readonly quantity: number;
}

export interface Order {
  readonly id: number;
  readonly cents: number;
  readonly items: number;
}

/** A query's name in metrics. */
type Operation =
  | "health"
  | "catalogue.list"
  | "catalogue.get"
  | "cart.add"
  | "cart.count"
  | "cart.list"
  | "orders.place"
  | "orders.get"
  | "prune";

/** Orders and abandoned carts kept; older ones go, for the shop may run for weeks. */
const keptOrders = 1_000;
const keptCartLines = 2_000;
const maxQuantity = 99;

const schema = `
create table if not exists products (
  id integer primary key, name text not null, category text not null,
  cents integer not null check (cents > 0), text text not null
);
create table if not exists cart_items (
  session text not null, product integer not null references products, quantity integer not null,
  added_at timestamptz not null default now(), primary key (session, product)
);
create index if not exists cart_items_added_at on cart_items (added_at);
create table if not exists orders (
  id integer generated always as identity primary key, session text not null,
  cents integer not null, items integer not null, placed_at timestamptz not null default now()
);`;

/**
 * Opens the database and brings schema and catalogue up to date.
 *
 * @param folder where its files are; undefined keeps everything in memory.
 */
export async function openPGlite(folder: string | undefined): Promise<PGlite> {
  const database = await PGlite.create(folder ?? "memory://");
  await database.exec(schema);
  for (const { id, name, category, cents, text } of products)
    await database.query(
      `insert into products values ($1, $2, $3, $4, $5) on conflict (id) do update
       set name = excluded.name, category = excluded.category, cents = excluded.cents, text = excluded.text`,
      [id, name, category, cents, text],
    );
  return database;
}

/** The shop's questions to its database. Each is timed under its name. */
export class Database {
  readonly #opening: Promise<PGlite>;
  readonly #kit: Kit;
  readonly #delay: () => number;

  /** @param delay milliseconds that the next query is to take longer; for the fault `slow`. */
  constructor(opening: Promise<PGlite>, kit: Kit, delay: () => number) {
    this.#opening = opening;
    this.#kit = kit;
    this.#delay = delay;
  }

  check(): Promise<void> {
    return this.#run("health", async (db) => void (await db.query("select 1")));
  }

  products(category: string | undefined): Promise<Product[]> {
    return this.#run("catalogue.list", async (db) => {
      const sql = "select * from products where $1::text is null or category = $1 order by id";
      return (await db.query<Product>(sql, [category ?? null])).rows;
    });
  }

  product(id: number): Promise<Product | undefined> {
    return this.#run("catalogue.get", async (db) => {
      const sql = "select * from products where id = $1";
      return (await db.query<Product>(sql, [id])).rows[0];
    });
  }

  /** Adds one piece to the session's cart; false when there is no such product. */
  addToCart(session: string, product: number): Promise<boolean> {
    return this.#run("cart.add", async (db) => {
      const sql = `insert into cart_items (session, product, quantity)
        select $1, id, 1 from products where id = $2
        on conflict (session, product) do update
        set quantity = least(cart_items.quantity + 1, ${maxQuantity}), added_at = now()`;
      return (await db.query(sql, [session, product])).affectedRows === 1;
    });
  }

  cartCount(session: string): Promise<number> {
    return this.#run("cart.count", async (db) => {
      const sql = `select coalesce(sum(quantity), 0)::integer as items from cart_items
        where session = $1`;
      return (await db.query<{ items: number }>(sql, [session])).rows[0]?.items ?? 0;
    });
  }

  cart(session: string): Promise<CartLine[]> {
    return this.#run("cart.list", async (db) => {
      const sql = `select product, name, cents, quantity from cart_items
        join products on products.id = product where session = $1 order by product`;
      return (await db.query<CartLine>(sql, [session])).rows;
    });
  }

  /** Turns the session's cart into an order; undefined when the cart is empty. */
  placeOrder(session: string): Promise<Order | undefined> {
    return this.#run("orders.place", async (db) => {
      // One statement, so that cart and order change together or not at all.
      const sql = `with taken as (delete from cart_items where session = $1 returning product, quantity),
        total as (select sum(cents * quantity)::integer as cents, sum(quantity)::integer as items
          from taken join products on products.id = product)
        insert into orders (session, cents, items)
        select $1, cents, items from total where items > 0 returning id, cents, items`;
      return (await db.query<Order>(sql, [session])).rows[0];
    });
  }

  /** An order of this session. */
  order(session: string, id: number): Promise<Order | undefined> {
    return this.#run("orders.get", async (db) => {
      const sql = "select id, cents, items from orders where id = $1 and session = $2";
      return (await db.query<Order>(sql, [id, session])).rows[0];
    });
  }

  /** Drops what is beyond the limits, oldest first. */
  prune(): Promise<void> {
    return this.#run("prune", async (db) => {
      await db.query(`delete from orders where id <= (select max(id) from orders) - ${keptOrders}`);
      await db.query(`delete from cart_items where added_at <
        (select added_at from cart_items order by added_at desc offset ${keptCartLines} limit 1)`);
    });
  }

  async close(): Promise<void> {
    await (await this.#opening).close();
  }

  #run<T>(operation: Operation, query: (db: PGlite) => Promise<T>): Promise<T> {
    return this.#kit.query(operation, async () => {
      const delay = this.#delay();
      if (delay > 0) await sleep(delay);
      return query(await this.#opening);
    });
  }
}
