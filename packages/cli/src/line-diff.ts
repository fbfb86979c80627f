/** A line of one side or of both. */
export interface DiffLine {
  readonly side: "expected" | "got" | "both";
  readonly text: string;
}

/** More pairs of lines than this are not compared, but listed one side after the other. */
const MAX_PAIRS = 1_000_000;

/** The fewest lines to take away and to add that lead from what was expected to what was there. */
export function diffLines(expected: readonly string[], got: readonly string[]): DiffLine[] {
  const rows = expected.length;
  const columns = got.length;
  if (rows * columns > MAX_PAIRS) {
    return [
      ...expected.map((text): DiffLine => ({ side: "expected", text })),
      ...got.map((text): DiffLine => ({ side: "got", text })),
    ];
  }
  const width = columns + 1;
  /** The length of the longest common sequence of what is left from a pair of places on. */
  const common = new Uint32Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i -= 1) {
    for (let j = columns - 1; j >= 0; j -= 1) {
      common[i * width + j] =
        expected[i] === got[j]
          ? (common[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0);
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < rows || j < columns) {
    const text = expected[i];
    const other = got[j];
    if (text !== undefined && text === other) {
      lines.push({ side: "both", text });
      i += 1;
      j += 1;
    } else if (
      text !== undefined &&
      (other === undefined ||
        (common[(i + 1) * width + j] ?? 0) >= (common[i * width + j + 1] ?? 0))
    ) {
      lines.push({ side: "expected", text });
      i += 1;
    } else if (other !== undefined) {
      lines.push({ side: "got", text: other });
      j += 1;
    }
  }
  return lines;
}
