import { lazy, Suspense, useCallback, useEffect, useRef } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { openCommandPalette, useCommandPaletteOpen } from "./command-palette-state.ts";
import { destinations } from "./destinations.ts";
import { withSharedParameters } from "./paths.ts";
import { useKeys } from "./shortcuts.ts";

const CommandPalette = lazy(() => import("./CommandPalette.tsx"));

/** How long after `g` the second key is waited for, in milliseconds. */
const chordWithin = 1000;

/** Listens for ⌘K, `/` and the `g` chords, and loads the palette when it is first wanted. */
export function CommandPaletteHost() {
  const isOpen = useCommandPaletteOpen();
  const navigate = useNavigate();
  const [present] = useSearchParams();
  // Event times start at 0 with the page, so that 0 would begin a chord on every fresh page.
  const chordStarted = useRef(-Infinity);

  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        openCommandPalette();
      }
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);

  useKeys(
    useCallback(
      (key, event) => {
        if (key === "/") {
          openCommandPalette();
          return true;
        }
        if (event.timeStamp - chordStarted.current < chordWithin) {
          chordStarted.current = -Infinity;
          const destination = destinations.find((d) => d.key === key);
          if (destination === undefined) return false;
          void navigate(withSharedParameters(destination.path, present));
          return true;
        }
        if (key === "g") chordStarted.current = event.timeStamp;
        return false;
      },
      [navigate, present],
    ),
  );

  return isOpen ? (
    <Suspense fallback={null}>
      <CommandPalette />
    </Suspense>
  ) : null;
}
