import { readdir, readFile } from "node:fs/promises";

const TICKS = 100;

/** Seconds of processor time that a process and all below it have taken. */
export async function processorSeconds(pid) {
  const stats = new Map();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const text = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    stats.set(Number(name), {
      parent: Number(fields[1]),
      ticks: Number(fields[11]) + Number(fields[12]),
    });
  }
  const isBelow = (id) => id === pid || (stats.has(id) && isBelow(stats.get(id).parent));
  let ticks = 0;
  for (const [id, stat] of stats) if (isBelow(id)) ticks += stat.ticks;
  return ticks / TICKS;
}
