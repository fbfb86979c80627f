/** Where a service is drawn: its column from the left, its row from the top. */
export interface Place {
  readonly column: number;
  readonly row: number;
}

interface Call {
  readonly caller: string;
  readonly callee: string;
}

/** Rounds of putting services beside what they call. */
const rounds = 6;

/**
 * Places services so that calls go from left to right, and services stand near what they call. The
 * same services and calls have the same places, whatever their order. Rows of shorter columns may be
 * halves: columns are centred.
 */
export function layOut(
  names: readonly string[],
  calls: readonly Call[],
): ReadonlyMap<string, Place> {
  const services = [...new Set(names)].sort(byText);
  const known = new Set(services);
  const used = calls.filter(
    ({ caller, callee }) => caller !== callee && known.has(caller) && known.has(callee),
  );
  const callees = neighbours(services, used, "caller", "callee");
  const callers = neighbours(services, used, "callee", "caller");
  const columns = columnsOf(services, callees, callers);
  for (let round = 0; round < rounds; round += 1) {
    const beside = round % 2 === 0 ? callers : callees;
    const at = new Map(
      columns.flatMap((column) => column.map((name, row) => [name, middle(row, column)])),
    );
    for (const column of columns) {
      const wanted = new Map(
        column.map((name) => [name, mean(beside.get(name) ?? [], at) ?? at.get(name) ?? 0]),
      );
      column.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0) || byText(a, b));
    }
  }
  const tallest = Math.max(0, ...columns.map(({ length }) => length));
  return new Map(
    columns.flatMap((column, place) =>
      column.map((name, row) => [
        name,
        { column: place, row: row + (tallest - column.length) / 2 },
      ]),
    ),
  );
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** A row as its distance from the middle of its column. */
const middle = (row: number, column: readonly string[]) => row - (column.length - 1) / 2;

function mean(names: readonly string[], at: ReadonlyMap<string, number>): number | undefined {
  if (names.length === 0) return undefined;
  return names.reduce((sum, name) => sum + (at.get(name) ?? 0), 0) / names.length;
}

function neighbours(
  services: readonly string[],
  calls: readonly Call[],
  from: keyof Call,
  to: keyof Call,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map(services.map((name) => [name, new Set<string>()]));
  for (const call of calls) found.get(call[from])?.add(call[to]);
  return new Map([...found].map(([name, others]) => [name, [...others].sort(byText)]));
}

/** The column of a service is its longest way from a service that nobody calls. */
function columnsOf(
  services: readonly string[],
  callees: ReadonlyMap<string, readonly string[]>,
  callers: ReadonlyMap<string, readonly string[]>,
): string[][] {
  const order = forward(services, callees, callers);
  const place = new Map(order.map((name, i) => [name, i]));
  const column = new Map<string, number>();
  for (const name of order) {
    const here = column.get(name) ?? 0;
    column.set(name, here);
    for (const callee of callees.get(name) ?? []) {
      // A call backwards, in a ring, moves nothing.
      if ((place.get(callee) ?? 0) < (place.get(name) ?? 0)) continue;
      column.set(callee, Math.max(column.get(callee) ?? 0, here + 1));
    }
  }
  const columns: string[][] = [];
  for (const name of services) (columns[column.get(name) ?? 0] ??= []).push(name);
  return columns;
}

/** Callers before callees, but where they call in a ring. */
function forward(
  services: readonly string[],
  callees: ReadonlyMap<string, readonly string[]>,
  callers: ReadonlyMap<string, readonly string[]>,
): string[] {
  const seen = new Set<string>();
  const done: string[] = [];
  const first = services.toSorted(
    (a, b) =>
      Number((callers.get(a)?.length ?? 0) > 0) - Number((callers.get(b)?.length ?? 0) > 0) ||
      byText(a, b),
  );
  for (const start of first) {
    if (seen.has(start)) continue;
    seen.add(start);
    const stack = [{ name: start, next: 0 }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const callee = callees.get(top.name)?.[top.next];
      top.next += 1;
      if (callee === undefined) {
        done.push(top.name);
        stack.pop();
      } else if (!seen.has(callee)) {
        seen.add(callee);
        stack.push({ name: callee, next: 0 });
      }
    }
  }
  return done.reverse();
}
