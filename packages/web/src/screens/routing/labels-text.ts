/** Labels as they were read, or what is wrong and in which line (from 1). */
export type LabelsReading =
  | { readonly labels: Readonly<Record<string, string>> }
  | { readonly line: number; readonly problem: string };

const pair = /^([^\s="{},]+|"(?:[^"\\]|\\.)+")\s*=\s*("(?:[^"\\]|\\.)*"|[^"]*)$/;
/** A comma that stands outside of quotes. */
const comma = /,(?=(?:[^"\\]|\\.)*(?:"(?:[^"\\]|\\.)*"(?:[^"\\]|\\.)*)*$)/;

/**
 * Reads one label a line, `severity=critical`; quotes may be put, and `{a="b", c="d"}` may be pasted
 * as it stands in logs and answers.
 */
export function readLabels(text: string): LabelsReading {
  const labels: Record<string, string> = {};
  for (const [index, line] of text.split("\n").entries()) {
    const bare = line.trim();
    const parts =
      bare.startsWith("{") && bare.endsWith("}") ? bare.slice(1, -1).split(comma) : [bare];
    for (const part of parts) {
      if (part.trim() === "") continue;
      const [, name = "", value = ""] = pair.exec(part.trim()) ?? [];
      const plainName = unquote(name);
      const plainValue = unquote(value);
      if (name === "" || plainName === null || plainValue === null)
        return { line: index + 1, problem: "write it as severity=critical" };
      labels[plainName] = plainValue;
    }
  }
  return { labels };
}

/** One label a line; a value that could be misread is quoted. */
export function writeLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => {
      const isPlain = /^[^"{}\s]+( [^"{}\s]+)*$/.test(value);
      const isPlainName = /^[^\s="{},]+$/.test(name);
      return `${isPlainName ? name : JSON.stringify(name)}=${isPlain ? value : JSON.stringify(value)}`;
    })
    .join("\n");
}

/** Labels of the parameters `label=name=value`; what is no label is left out. */
export function labelsInUrl(params: URLSearchParams): Readonly<Record<string, string>> {
  return Object.fromEntries(
    params.getAll("label").flatMap((each) => {
      const at = each.indexOf("=");
      return at <= 0 ? [] : [[each.slice(0, at), each.slice(at + 1)]];
    }),
  );
}

function unquote(written: string): string | null {
  if (!written.startsWith('"')) return written.trim();
  try {
    return JSON.parse(written) as string;
  } catch {
    return null;
  }
}
