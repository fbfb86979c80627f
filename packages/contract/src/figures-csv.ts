/**
 * The figures of incidents as a table for spreadsheets, for the command and the interface alike: it imports
 * nothing, since the interface's bundle has this file as it is.
 */

interface Row {
  readonly incidents: number;
  readonly mttdSeconds: number | null;
  readonly mttaSeconds: number | null;
  readonly mttrSeconds: number | null;
  readonly repeats: number;
}

interface Report {
  readonly all: Row;
  readonly bySeverity: readonly (Row & { readonly severity: string })[];
  readonly byService: readonly (Row & { readonly service: string | null })[];
  readonly byMonth: readonly (Row & { readonly month: string })[];
}

/** Every row of the figures: what it is of, by which name. */
export function figureRows(report: Report): readonly (readonly [of: string, name: string, Row])[] {
  return [
    ["all", "", report.all],
    ...report.bySeverity.map((one) => ["severity", one.severity, one] as const),
    ...report.byService.map((one) => ["service", one.service ?? "", one] as const),
    ...report.byMonth.map((one) => ["month", one.month, one] as const),
  ];
}

/** A cell that no spreadsheet takes for a formula. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The figures as CSV (RFC 4180), times in seconds. */
export function figuresCsv(report: Report): string {
  const head = "of,name,incidents,mttd_seconds,mtta_seconds,mttr_seconds,repeats";
  const lines = figureRows(report).map(([of, name, row]) =>
    [
      of,
      cell(name),
      row.incidents,
      row.mttdSeconds ?? "",
      row.mttaSeconds ?? "",
      row.mttrSeconds ?? "",
      row.repeats,
    ].join(","),
  );
  return `${[head, ...lines].join("\r\n")}\r\n`;
}
