import { Html } from "../html.ts";

/** Line drawings of the products, by product id, on a field of 48 by 48. */
const paths: Readonly<Record<number, string>> = {
  1: "M18 8h12M24 4v4M19 8l-3 8h16l-3-8M16 16v18h16V16M14 34h20v6H14zM24 31c-4-3-3-7 0-10 3 3 4 7 0 10z",
  2: "M24 6a18 18 0 1 0 .01 0zM24 11v3M24 34v3M11 24h3M34 24h3M30 18l-4 8-8 4 4-8z",
  3: "M24 8a16 16 0 1 0 .01 0zM24 14a10 10 0 1 0 .01 0zM24 20a4 4 0 1 0 .01 0zM38 32l5 10",
  4: "M18 6l6 4 6-4 8 5 3 14-6 2v15H13V27l-6-2 3-14zM24 10v32M17 32h4M27 32h4",
  5: "M10 32c0-14 5-22 14-22s14 8 14 22M8 32h32v8H8zM14 32v8M20 32v8M26 32v8M32 32v8M24 10V6",
  6: "M12 14h20v22a4 4 0 0 1-4 4H16a4 4 0 0 1-4-4zM32 19h4a5 5 0 0 1 0 12h-4M17 9c0-3 3-2 3-5M25 9c0-3 3-2 3-5",
  7: "M10 5v38M10 8h14v12H10M10 24h26l-6 7 6 7H10M24 8h12v12H24",
  8: "M30 6L18 26M12 22l16 9-4 7-16-9zM9 31l-3 7M14 34l-3 7M19 37l-3 6",
  9: "M24 12v30M24 4a4 4 0 1 0 .01 0zM16 17h16M8 28c1 9 8 14 16 14s15-5 16-14M8 28l-3 5M8 28l6 3M40 28l3 5M40 28l-6 3",
  10: "M24 6a18 18 0 1 0 .01 0zM24 24V12M11 29c3-3 6 3 9 0s5 3 8 0 6 3 9 0M22 24a2 2 0 1 0 4 0 2 2 0 1 0-4 0",
  11: "M14 14h20l2 26H12zM14 14v-5h20v5M14 9l-3-3M34 9l3-3M20 22h8M24 14v-5",
  12: "M12 22h22l2 18H10zM15 22c0-8 16-8 16 0M22 12h2M23 16v-4M34 26l8-6M16 18C14 8 32 8 30 18",
};

/** The drawing of a product; a plain wave when there is none. */
export function icon(productId: number): Html {
  const path = paths[productId] ?? "M6 24c6-6 12 6 18 0s12 6 18 0";
  return new Html(
    `<svg viewBox="0 0 48 48" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"><path d="${path}"/></svg>`,
  );
}
