import { useEffect } from "react";

const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

/** The modifier of commands, as it is written on this device's keyboard. */
export const modifierKey = isApple ? "⌘" : "Ctrl ";

/** Whether a key press is meant for text being written. */
function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Listens for plain key presses outside of text fields and dialogs; the handler says whether it took one. */
export function useKeys(handle: (key: string, event: KeyboardEvent) => boolean): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
      if (isTyping(event) || document.querySelector("[aria-modal=true]") !== null) return;
      if (handle(event.key, event)) event.preventDefault();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [handle]);
}
