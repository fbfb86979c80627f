/** Splits `host:port` as Go's net.SplitHostPort; undefined where it reports an error. */
function splitHostPort(
  address: string,
): { readonly host: string; readonly port: string } | undefined {
  const bracketed = /^\[([^[\]]*)\]:([^:[\]]*)$/.exec(address);
  const plain = bracketed ?? /^([^:[\]]*):([^:[\]]*)$/.exec(address);
  if (plain === null) return undefined;
  return { host: plain[1] ?? "", port: plain[2] ?? "" };
}

/** The host of `host:port`; anything else as it is. */
export function stripPort(address: string): string {
  return splitHostPort(address)?.host ?? address;
}

/** `web-1.example.com:80` as `web-1:80`; IP addresses as they are. */
export function stripDomain(address: string): string {
  const split = splitHostPort(address);
  const host = split?.host ?? address;
  if (isIpAddress(host)) return address;
  const first = host.split(".")[0] ?? "";
  return split === undefined || split.port === "" ? first : `${first}:${split.port}`;
}

function isIpAddress(host: string): boolean {
  const numbers = host.split(".");
  if (
    numbers.length === 4 &&
    numbers.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
  )
    return true;
  return (
    (/^[0-9a-fA-F:]*:[0-9a-fA-F:.]*$/.test(host) && host.includes("::")) ||
    host.split(":").length === 8
  );
}
