import { useCallback } from "react";
import { useNavigate, useSearchParams } from "react-router";

/** New values of parameters by their names; null takes one away. */
type NewValues = Readonly<Record<string, string | readonly string[] | null>>;

/**
 * Changes parameters of the address, or makes new ones of those that are there. `push` makes an entry of
 * the history, so that Back leads here; `replace` does not.
 */
type ChangeAddress = (
  next: NewValues | ((now: URLSearchParams) => URLSearchParams),
  how?: "replace" | "push",
) => void;

/**
 * The parameters of the address, and how to change them. A change begins with what the address says at
 * that moment and not with what is drawn: of two clicks, the second may come before the first is drawn.
 */
export function useAddress(): readonly [URLSearchParams, ChangeAddress] {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const change = useCallback<ChangeAddress>(
    (next, how = "replace") => {
      const now = new URLSearchParams(window.location.search);
      const changed = typeof next === "function" ? next(now) : withValues(now, next);
      void navigate(`?${changed.toString()}`, {
        replace: how === "replace",
        preventScrollReset: true,
      });
    },
    [navigate],
  );
  return [params, change];
}

function withValues(params: URLSearchParams, next: NewValues): URLSearchParams {
  for (const [name, value] of Object.entries(next)) {
    params.delete(name);
    if (value === null) continue;
    if (typeof value === "string") params.set(name, value);
    else for (const each of value) params.append(name, each);
  }
  return params;
}
