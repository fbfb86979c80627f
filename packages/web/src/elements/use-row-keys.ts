import { useCallback, useRef, type RefObject } from "react";
import { useKeys } from "../app/shortcuts.ts";

/**
 * Makes j and k move the focus through the elements marked `data-row` below the returned ref; Enter
 * then follows the link that has it.
 */
export function useRowKeys<E extends HTMLElement>(): RefObject<E | null> {
  const list = useRef<E>(null);
  useKeys(
    useCallback((key) => {
      if (key !== "j" && key !== "k") return false;
      const rows = [...(list.current?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
      const here = rows.findIndex((row) => row === document.activeElement);
      const next =
        here === -1 ? (key === "j" ? 0 : rows.length - 1) : here + (key === "j" ? 1 : -1);
      rows[next]?.focus();
      return rows[next] !== undefined;
    }, []),
  );
  return list;
}
