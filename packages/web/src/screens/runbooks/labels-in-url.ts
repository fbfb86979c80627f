/** The labels that the address of a runbook fills in: `?label.service=shop`. */
export function labelsInUrl(params: URLSearchParams): Record<string, string> {
  return Object.fromEntries(
    [...params].flatMap(([name, value]) =>
      name.startsWith("label.") && name.length > 6 ? [[name.slice(6), value]] : [],
    ),
  );
}
