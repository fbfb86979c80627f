import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";

/** A header's name as it is sent, and its value. */
type Header = readonly [name: string, value: string];

/** What Node keeps of the headers that were set, by name in lower case. */
type Kept = Record<string, Header>;

type Keeping = ServerResponse & { [place: symbol]: Kept | null | undefined };

const setHeader: unknown = Reflect.get(ServerResponse.prototype, "setHeader");

/**
 * The same headers for many responses, each of which can be replaced or removed afterwards.
 *
 * `setHeader` examines name and value, and that for each header of each response. These are examined
 * once, and then put where Node itself puts them. Where that is not as it is known to be, in another
 * version, in HTTP/2 or under somebody's own `setHeader`, they are set one by one.
 */
export class HeaderSet {
  readonly #headers: readonly (readonly [key: string, header: Header])[];
  readonly #place: symbol | undefined;

  /** @throws what `setHeader` throws for a name or value that cannot be sent. */
  constructor(headers: readonly Header[]) {
    this.#headers = headers.map(([name, value]) => [name.toLowerCase(), [name, value]]);
    this.#place = placeOfHeaders(this.#headers);
  }

  /** Sets them, and one more whose value differs; it must be fit to be sent. */
  apply(response: ServerResponse, name?: string, value = ""): void {
    const place = this.#place;
    const kept = place === undefined ? undefined : (response as Keeping)[place];
    if (
      place === undefined ||
      kept === undefined ||
      response.headersSent ||
      response.setHeader !== setHeader
    ) {
      this.applyOneByOne(response, name, value);
      return;
    }
    const all = kept ?? ((response as Keeping)[place] = new Fresh() as Kept);
    // An array of each response's own: `appendHeader` writes into it.
    for (const [key, [each, its]] of this.#headers) all[key] = [each, its];
    if (name !== undefined) all[name] = [name, value];
  }

  /** {@link apply} as Node documents it. */
  applyOneByOne(response: ServerResponse, name?: string, value = ""): void {
    for (const [, [each, its]] of this.#headers) response.setHeader(each, its);
    if (name !== undefined) response.setHeader(name, value);
  }
}

/** An object without a prototype's names, as Node's own, whose shape V8 knows. */
class Fresh {
  static {
    Object.setPrototypeOf(this.prototype, null);
    delete (this.prototype as { constructor?: unknown }).constructor;
  }
}

/** Where Node keeps a response's headers; undefined when they are not kept in the form of {@link Kept}. */
function placeOfHeaders(headers: readonly (readonly [string, Header])[]): symbol | undefined {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  const place = Object.getOwnPropertySymbols(response).find(
    ({ description }) => description === "kOutHeaders",
  );
  for (const [, [name, value]] of headers) response.setHeader(name, value);
  if (place === undefined) return undefined;
  const kept = (response as Keeping)[place];
  const expected = Object.fromEntries(headers);
  return JSON.stringify(kept) === JSON.stringify(expected) ? place : undefined;
}
