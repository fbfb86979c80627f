/** What spans are looked for by, field by field. */
export interface SearchForm {
  readonly service?: string | undefined;
  /** A span's name. */
  readonly operation?: string | undefined;
  /** `error`, `ok`, `unset`, or `!error`. */
  readonly status?: string | undefined;
  readonly attributes?: Iterable<readonly [name: string, value: string]>;
  /** ns; of spans, or of whole traces. */
  readonly least?: number | undefined;
  readonly most?: number | undefined;
  readonly durationOf?: "duration" | "traceDuration";
}

/** A search as TraceQL: one span that fulfils everything. */
export function traceqlOfForm(form: SearchForm): string {
  const { service, operation, status, durationOf = "duration" } = form;
  const conditions: string[] = [];
  if (service) conditions.push(`resource.service.name = ${JSON.stringify(service)}`);
  if (operation) conditions.push(`name = ${JSON.stringify(operation)}`);
  if (status) {
    conditions.push(status.startsWith("!") ? `status != ${status.slice(1)}` : `status = ${status}`);
  }
  for (const [name, value] of form.attributes ?? []) {
    // Names are written bare where they can be: that is how people write them.
    const field = /^[\w.-]+$/.test(name) ? name : JSON.stringify(name);
    conditions.push(`.${field} = ${JSON.stringify(value)}`);
  }
  if (form.least !== undefined) conditions.push(`${durationOf} >= ${Math.round(form.least)}ns`);
  if (form.most !== undefined) conditions.push(`${durationOf} <= ${Math.round(form.most)}ns`);
  return conditions.length === 0 ? "{}" : `{ ${conditions.join(" && ")} }`;
}

/** Reads `name=value other="with spaces"`. Throws RangeError for what is not of that form. */
export function readTags(text: string): [name: string, value: string][] {
  const tags: [string, string][] = [];
  const form = /\s*([^\s="]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))(?=\s|$)/y;
  const rest = text.trimEnd();
  while (form.lastIndex < rest.length) {
    const from = form.lastIndex;
    const found = form.exec(rest);
    if (found === null) {
      throw new RangeError(
        `${JSON.stringify(rest.slice(from, from + 60).trim())} is not of the form name=value or name="a value"`,
      );
    }
    const [, name = "", quoted, plain = ""] = found;
    tags.push([name, quoted?.replace(/\\(.)/gs, "$1") ?? plain]);
  }
  return tags;
}
