const euros = new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" });

/** An amount of cents as people read it: `€12.50`. */
export function price(cents: number): string {
  return euros.format(cents / 100);
}
