let taken: string | null = null;

/** Moves the token of a one-time link (`/sign-in#token=…`) from the address bar into memory. */
export function takeLinkToken(): void {
  const found = new URLSearchParams(window.location.hash.slice(1)).get("token");
  if (found === null || found === "") return;
  taken = found;
  const { pathname, search } = window.location;
  window.history.replaceState(window.history.state, "", pathname + search);
}

/** The token, which is given out once. */
export function linkToken(): string | null {
  return taken;
}

export function forgetLinkToken(): void {
  taken = null;
}
