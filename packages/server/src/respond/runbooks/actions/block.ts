/** A button in a runbook: a fenced block of `action`. */
export interface ActionBlock {
  readonly name: string;
  /** What it gives to parameters, with placeholders. */
  readonly values: Readonly<Record<string, string>>;
  /** Of the fence, from 1. */
  readonly line: number;
}

/**
 * Reads a block: the action's name on a line of its own, then `parameter: value`, each on one. What is
 * wrong with a line is told with how many lines it stands below the fence.
 */
export function readActionBlock(
  text: string,
  line: number,
): { readonly block: ActionBlock; readonly faults: readonly (readonly [number, string])[] } {
  const faults: (readonly [number, string])[] = [];
  const [first = "", ...rest] = text.split("\n");
  const name = first.trim();
  if (!/^[a-z\d][a-z\d-]{0,59}$/.test(name))
    faults.push([1, "a block of action begins with the action's name, such as roll-back"]);
  const values: Record<string, string> = {};
  for (const [place, written] of rest.entries()) {
    if (written.trim() === "") continue;
    const [, parameter, value = ""] = /^([A-Za-z_]\w{0,60}):(.*)$/.exec(written.trim()) ?? [];
    if (parameter === undefined) faults.push([place + 2, "is not PARAMETER: VALUE"]);
    else values[parameter] = value.trim();
  }
  return { block: { name, values, line }, faults };
}
