import parseAddresses from "nodemailer/lib/addressparser";

/** The addresses of a header's list, e.g. `Operations <ops@example.org>, b@example.org`. */
export function addressesOf(list: string): string[] {
  // A line break would begin another header.
  const parsed = parseAddresses(list.replaceAll(/[\r\n]+/g, " "), { flatten: true }) as readonly {
    readonly address?: string;
  }[];
  return parsed
    .map(({ address }) => address ?? "")
    .filter((address) => /^[^\s@<>]+@[^\s@<>]+$/.test(address));
}
