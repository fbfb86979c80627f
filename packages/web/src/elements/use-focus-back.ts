import { useEffect, useState } from "react";

/** For each dialog: where the focus was before it, the nearest first. */
const places = new WeakMap<Element, readonly HTMLElement[]>();

/**
 * Gives the focus back to what opened a dialog once the dialog is gone. Where that is gone, too (a menu's
 * item, a dialog that led to this one), it goes to what opened that. Answers the ref of the dialog.
 */
export function useFocusBack(): (dialog: HTMLElement | null) => void {
  // While it is first drawn, the focus is still where it was.
  const [openers] = useState(openersNow);
  useEffect(
    () => () => {
      // Whoever has the focus by now keeps it.
      if (document.activeElement !== document.body) return;
      openers.find((element) => element.isConnected)?.focus({ preventScroll: true });
    },
    [openers],
  );
  return (dialog) => {
    if (dialog !== null) places.set(dialog, openers);
  };
}

function openersNow(): readonly HTMLElement[] {
  const element = document.activeElement;
  if (!(element instanceof HTMLElement)) return [];
  const within = element.closest("[role=dialog]");
  const menu = element.closest("[role=menu]")?.getAttribute("aria-labelledby");
  const button = menu == null ? null : document.getElementById(menu);
  return [
    element,
    ...(button === null ? [] : [button]),
    ...(within === null ? [] : (places.get(within) ?? [])),
  ];
}
