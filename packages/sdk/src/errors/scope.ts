import { cutText } from "../cut-text.ts";

/** Who was affected by an error. What is given here leaves the process: give what you may store. */
export interface User {
  readonly id?: string | number;
  readonly email?: string;
  readonly name?: string;
}

/** Something that happened before an error. */
export interface Breadcrumb {
  /** What kind of thing: `cart`, `http`, `query`. */
  readonly category?: string;
  readonly message: string;
  /** Kept as it is now: at most 30 values and 1000 characters of it. */
  readonly data?: Readonly<Record<string, unknown>>;
}

const maxBreadcrumbs = 30;
const maxTags = 30;
const maxText = 500;
/** Of the data of one breadcrumb. An error holds those of its request, and 500 errors may wait. */
const maxData = { values: 30, characters: 1_000, depth: 5 };

/** What is known about the request (or the process) in which an error may yet happen. */
export class Scope {
  user: User | undefined = undefined;
  readonly tags = new Map<string, string>();
  readonly breadcrumbs: (Breadcrumb & { readonly timestamp: string })[] = [];

  tag(name: string, value: string | number | boolean): void {
    if (this.tags.size < maxTags || this.tags.has(name))
      this.tags.set(cutText(name, maxText), cutText(String(value), maxText));
  }

  /** Keeps the latest ones. */
  breadcrumb({ category, message, data }: Breadcrumb): void {
    if (this.breadcrumbs.length >= maxBreadcrumbs) this.breadcrumbs.shift();
    this.breadcrumbs.push({
      timestamp: new Date().toISOString(),
      ...(category === undefined ? {} : { category: cutText(category, maxText) }),
      message: cutText(message, maxText),
      ...(data === undefined ? {} : { data: copyOf(data) }),
    });
  }
}

/** A copy that is small however large the data are, and stays what it is when they change. */
function copyOf(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const room = { values: maxData.values, characters: maxData.characters };
  const text = (whole: string): string => {
    const cut = cutText(whole, Math.min(maxText, room.characters));
    room.characters -= cut.length;
    return cut;
  };
  const copy = (value: unknown, depth: number): unknown => {
    if (typeof value === "string") return text(value);
    if (value === null || typeof value === "number" || typeof value === "boolean") return value;
    if (typeof value === "bigint") return text(value.toString());
    if (typeof value !== "object") return typeof value;
    if ("toJSON" in value && typeof value.toJSON === "function")
      return text(String(value.toJSON()));
    if (depth > maxData.depth) return "…";
    const list = Array.isArray(value);
    const members: [string, unknown][] = [];
    for (const key in value) {
      if (room.values <= 0) break;
      room.values -= 1;
      const name = list ? key : text(key);
      members.push([name, copy((value as Record<string, unknown>)[key], depth + 1)]);
    }
    return list ? members.map(([, member]) => member) : Object.fromEntries(members);
  };
  return copy(data, 1) as Record<string, unknown>;
}
