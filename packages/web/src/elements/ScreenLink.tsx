import { forwardRef } from "react";
import { Link, useSearchParams, type LinkProps } from "react-router";
import { withSharedParameters } from "../app/paths.ts";

interface ScreenLinkProps extends Omit<LinkProps, "to"> {
  readonly to: string;
  /** False for a screen whose range is its own, such as an incident's. */
  readonly keepRange?: boolean;
}

/** A link to another screen, which keeps the time range and zone. */
export const ScreenLink = forwardRef<HTMLAnchorElement, ScreenLinkProps>(function ScreenLink(
  { to, keepRange = true, ...rest },
  ref,
) {
  const [present] = useSearchParams();
  return <Link ref={ref} to={keepRange ? withSharedParameters(to, present) : to} {...rest} />;
});
