import { categories, type Product } from "../catalogue.ts";
import type { CartLine, Order } from "../database.ts";
import { html, type Html } from "../html.ts";
import { price } from "../money.ts";
import { icon } from "./icons.ts";

export function catalogueContent(products: readonly Product[], chosen: string | undefined): Html {
  const chip = (name: string, href: string, current: boolean) =>
    current
      ? html`<a href="${href}" aria-current="page">${name}</a>`
      : html`<a href="${href}">${name}</a>`;
  return html` <div class="hero">
      <h1>Plain things for rough water</h1>
      <p>
        Twelve goods that have earned their place on board. No engravings, no anchors on cushions.
      </p>
    </div>
    <div class="chips">
      ${chip("Everything", "/", chosen === undefined)}${categories.map((name) =>
        chip(name, `/?category=${name}`, name === chosen),
      )}
    </div>
    <div class="grid">
      ${products.map(
        (product) =>
          html`<a class="product" href="/products/${product.id}"
            ><span class="art">${icon(product.id)}</span>
            <div>
              <span>${product.name}</span><span class="num soft">${price(product.cents)}</span>
            </div></a
          >`,
      )}
    </div>`;
}

export function productContent(product: Product): Html {
  return html`<div class="detail">
    <div class="art">${icon(product.id)}</div>
    <div class="stack">
      <p class="soft">${product.category}</p>
      <h1>${product.name}</h1>
      <p>${product.text}</p>
      <h2 class="num">${price(product.cents)}</h2>
      <form method="post" action="/cart/items">
        <input type="hidden" name="product" value="${product.id}" />
        <button class="button">Add to cart</button>
      </form>
    </div>
  </div>`;
}

export function cartContent(lines: readonly CartLine[]): Html {
  if (lines.length === 0)
    return html`<div class="stack">
      <h1>Your cart is empty</h1>
      <a class="button" href="/">Look around</a>
    </div>`;
  const total = lines.reduce((sum, line) => sum + line.cents * line.quantity, 0);
  return html`<div class="stack"><h1>Cart</h1></div>
    <div class="panel">
      <table>
        <thead>
          <tr>
            <th scope="col">Item</th>
            <th scope="col">Quantity</th>
            <th scope="col">Price</th>
          </tr>
        </thead>
        <tbody>
          ${lines.map(
            (line) =>
              html`<tr>
                <td><a href="/products/${line.product}">${line.name}</a></td>
                <td class="num">${line.quantity}</td>
                <td class="num">${price(line.cents * line.quantity)}</td>
              </tr>`,
          )}
        </tbody>
        <tfoot>
          <tr>
            <td>Total</td>
            <td></td>
            <td class="num">${price(total)}</td>
          </tr>
        </tfoot>
      </table>
      <form method="post" action="/checkout"><button class="button">Check out</button></form>
    </div>`;
}

export function orderContent(order: Order): Html {
  return html`<div class="stack">
    <h1>Thank you</h1>
    <p>
      Order <code>${order.id}</code> for ${order.items} ${order.items === 1 ? "item" : "items"},
      ${price(order.cents)}, leaves with the next tide.
    </p>
    <a class="button" href="/">Back to the catalogue</a>
  </div>`;
}

export function signInContent(account: { email: string; password: string }, failed: boolean): Html {
  return html`<div class="stack">
      <h1>Sign in</h1>
      ${failed ? html`<p class="notice bad" role="alert">That e-mail and password do not belong together.</p>` : undefined}
      <p class="soft">
        The demo's account is <code>${account.email}</code> with <code>${account.password}</code>.
      </p>
    </div>
    <form class="narrow" method="post" action="/sign-in">
      <label>E-mail<input name="email" type="email" autocomplete="username" required /></label>
      <label
        >Password<input name="password" type="password" autocomplete="current-password" required
      /></label>
      <button class="button">Sign in</button>
    </form>`;
}

export function problemContent(title: string, text: string): Html {
  return html`<div class="stack">
    <h1>${title}</h1>
    <p>${text}</p>
    <a class="button" href="/">Back to the catalogue</a>
  </div>`;
}
