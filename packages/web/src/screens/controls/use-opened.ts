import { useCallback, useEffect, useRef, useState } from "react";

/** What is open over the page; when nothing is any more, the focus goes back to what opened it. */
export function useOpened<T>(): readonly [T | null, (next: T | null) => void] {
  const [opened, setOpened] = useState<T | null>(null);
  const opener = useRef<Element>(null);
  const open = useCallback((next: T | null) => {
    // One dialog may lead to another: the first one's opener is on the page still.
    if (document.activeElement?.closest("[role=dialog]") === null)
      opener.current = document.activeElement;
    setOpened(next);
  }, []);
  useEffect(() => {
    if (opened !== null || !(opener.current instanceof HTMLElement)) return;
    opener.current.focus({ preventScroll: true });
    opener.current = null;
  }, [opened]);
  return [opened, open];
}
