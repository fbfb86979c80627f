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
  readonly data?: Readonly<Record<string, unknown>>;
}

const maxBreadcrumbs = 30;
const maxTags = 30;
const maxText = 500;

/** What is known about the request (or the process) in which an error may yet happen. */
export class Scope {
  user: User | undefined = undefined;
  readonly tags = new Map<string, string>();
  readonly breadcrumbs: (Breadcrumb & { readonly timestamp: string })[] = [];

  tag(name: string, value: string | number | boolean): void {
    if (this.tags.size < maxTags || this.tags.has(name))
      this.tags.set(name.slice(0, maxText), String(value).slice(0, maxText));
  }

  /** Keeps the latest ones. */
  breadcrumb({ category, message, data }: Breadcrumb): void {
    if (this.breadcrumbs.length >= maxBreadcrumbs) this.breadcrumbs.shift();
    this.breadcrumbs.push({
      timestamp: new Date().toISOString(),
      ...(category === undefined ? {} : { category }),
      message: message.slice(0, maxText),
      ...(data === undefined ? {} : { data }),
    });
  }
}
