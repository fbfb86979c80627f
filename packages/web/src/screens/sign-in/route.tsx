import { takeLinkToken } from "./link-token.ts";
import { SignIn } from "./SignIn.tsx";

/** Takes the token out of the address bar before anything is drawn: it is then in no history and no screenshot. */
export function loader(): null {
  takeLinkToken();
  return null;
}

export const Component = SignIn;
