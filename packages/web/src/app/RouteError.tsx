import { Button } from "@mantine/core";
import { useRouteError } from "react-router";
import { ErrorState } from "../elements/ErrorState.tsx";

/** Stands for the whole page where the frame itself, or a screen without one, failed. */
export function PageError() {
  return (
    <main>
      <RouteError />
    </main>
  );
}

/** Stands within the frame where a screen failed to load or to draw. */
export function RouteError() {
  const error = useRouteError();
  const cause = error instanceof Error ? error : new Error("This screen failed to load.");
  // After an update the server no longer has the old files: loading the page again fetches the new ones.
  const isOldCode = /dynamically imported module|module script/i.test(cause.message);
  return (
    <div style={{ padding: 24 }}>
      <ErrorState
        error={isOldCode ? new Error("Seaworthy was updated while this page was open.") : cause}
        action={
          <Button variant="default" onClick={() => window.location.reload()}>
            Load the page again
          </Button>
        }
      />
    </div>
  );
}
