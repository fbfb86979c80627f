/** Samples of a text exposition: `name{labels}` as written, to value. */
export class Exposition {
  readonly samples = new Map<string, number>();

  constructor(text: string) {
    for (const line of text.split("\n")) {
      if (line === "" || line.startsWith("#")) continue;
      const space = line.lastIndexOf(" ");
      this.samples.set(line.slice(0, space), Number(line.slice(space + 1)));
    }
  }

  /** The value of the series with exactly these labels, undefined when there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const wanted = this.#pairs(labels);
    for (const [series, value] of this.samples) {
      const brace = series.indexOf("{");
      if ((brace === -1 ? series : series.slice(0, brace)) !== name) continue;
      const inner = brace === -1 ? "" : series.slice(brace + 1, -1);
      const given = inner === "" ? [] : (inner.match(/[^,=]+="(?:[^"\\]|\\.)*"/g) ?? []);
      if (given.sort().join() === wanted) return value;
    }
    return undefined;
  }

  /** All values that one label takes in the series of a metric. */
  labelValues(name: string, label: string): Set<string> {
    const values = new Set<string>();
    for (const series of this.samples.keys()) {
      if (!series.startsWith(`${name}{`)) continue;
      const found = new RegExp(`[{,]${label}="((?:[^"\\\\]|\\\\.)*)"`).exec(series);
      if (found?.[1] !== undefined) values.add(found[1]);
    }
    return values;
  }

  #pairs(labels: Readonly<Record<string, string>>): string {
    return Object.entries(labels)
      .map(([name, value]) => `${name}="${value}"`)
      .sort()
      .join();
  }
}

export async function scrape(url: string, token?: string): Promise<Exposition> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/metrics`, { headers });
  if (response.status !== 200) throw new Error(`/metrics answered ${response.status}`);
  return new Exposition(await response.text());
}
