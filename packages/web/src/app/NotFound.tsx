import { EmptyState } from "../elements/EmptyState.tsx";
import { ScreenLink } from "../elements/ScreenLink.tsx";
import { paths } from "./paths.ts";
import { Page } from "./Page.tsx";

export function NotFound() {
  return (
    <Page title="Not found">
      <EmptyState title="There is no such page">
        <p>The address may be mistyped, or what it named is gone.</p>
        <ScreenLink to={paths.overview()} className="link">
          Go to the overview
        </ScreenLink>
      </EmptyState>
    </Page>
  );
}
