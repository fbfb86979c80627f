// Imports types alone: a page has this without the schemas and what they are made of.
import type { Operation } from "./operation.ts";

type Plain = string | number | boolean;

/** The path, with its query, at which a caller finds an operation: parameters filled in and escaped. */
export function addressOf(
  operation: Operation,
  input: { readonly params?: unknown; readonly query?: unknown },
): string {
  const params = (input.params ?? {}) as Readonly<Record<string, string>>;
  const path = operation.path.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ""),
  );
  const query = new URLSearchParams();
  const given = (input.query ?? {}) as Readonly<Record<string, Plain | undefined>>;
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}
