/** How a text is set off in a terminal; the same text where there are no colours. */
export interface Style {
  good(text: string): string;
  bad(text: string): string;
  faint(text: string): string;
  strong(text: string): string;
}

const PLAIN: Style = {
  good: (text) => text,
  bad: (text) => text,
  faint: (text) => text,
  strong: (text) => text,
};

function code(open: number, close: number) {
  return (text: string) => `\u001b[${open}m${text}\u001b[${close}m`;
}

const COLOURED: Style = {
  good: code(32, 39),
  bad: code(31, 39),
  faint: code(2, 22),
  strong: code(1, 22),
};

/** Colours where people look on: in a terminal, unless NO_COLOR is set (no-color.org). */
export function styleFor(
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): Style {
  const wanted =
    stream.isTTY === true && !environment["NO_COLOR"] && environment["TERM"] !== "dumb";
  return wanted ? COLOURED : PLAIN;
}
