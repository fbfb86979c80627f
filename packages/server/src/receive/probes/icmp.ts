import { execFile } from "node:child_process";
import { messageOf } from "../../model/index.ts";
import type { IcmpSettings } from "./config.ts";
import { ProbeFault, ProbeRefused } from "./fault.ts";
import { addressOf } from "./resolve.ts";
import type { ProbeResult } from "./result.ts";

const MAX_OUTPUT = 64 * 1024;

/**
 * Probes a host with one echo request. ICMP needs rights that this process does not have, so the
 * system's `ping` is asked; where that is missing or may not, ProbeRefused says so.
 */
export async function probeIcmp(
  target: string,
  settings: IcmpSettings,
  timeout: number,
  result: ProbeResult,
  signal: AbortSignal,
): Promise<void> {
  for (const phase of ["resolve", "setup", "rtt"]) {
    result.set("probe_icmp_duration_seconds", 0, { phase });
  }
  const { address, family, seconds } = await addressOf(target, settings, result);
  result.set("probe_icmp_duration_seconds", seconds, { phase: "resolve" });
  const wait = Math.max(1, Math.ceil(timeout / 1000));
  const { payload_size: size, ttl, source_ip_address: source } = settings;
  const args = [
    ...`-${family} -n -c 1 -W ${wait} -s ${size} -t ${ttl}`.split(" "),
    ...(settings.dont_fragment ? ["-M", "do"] : []),
    ...(source === undefined ? [] : ["-I", source]),
    address,
  ];
  const started = performance.now();
  const output = await ping(args, signal);
  const took = (performance.now() - started) / 1000;
  const [, hops, rtt] = /(?:ttl|hlim)=(\d+) time[=<]([\d.]+) ?ms/i.exec(output) ?? [];
  if (rtt === undefined) throw new ProbeFault("no echo reply");
  const rttSeconds = Number(rtt) / 1000;
  result.set("probe_icmp_duration_seconds", rttSeconds, { phase: "rtt" });
  result.set("probe_icmp_duration_seconds", Math.max(0, took - rttSeconds), { phase: "setup" });
  result.set("probe_icmp_reply_hop_limit", Number(hops));
}

/** What `ping` printed when it had a reply. It exits with 1 without one, with 2 when it cannot ask. */
function ping(args: readonly string[], signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { signal, maxBuffer: MAX_OUTPUT, env: { ...PLAIN } };
    execFile("ping", args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      if (signal.aborted) return reject(error);
      const { code } = error as { code?: unknown };
      if (code === 1) return reject(new ProbeFault("no echo reply"));
      const said = stderr.trim().split("\n").at(-1) || messageOf(error);
      if (code !== "ENOENT" && !/permitted|permission|privilege|capabilit/i.test(said))
        return reject(new ProbeFault(said));
      const reason =
        code === "ENOENT"
          ? "the program ping is not there; install it (Debian: iputils-ping)"
          : `the program ping may not: ${said}`;
      reject(new ProbeRefused(503, `ICMP is not allowed here: ${reason}`));
    });
  });
}
/** Numbers with a point, wherever this runs. */
const PLAIN = { LC_ALL: "C", PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };
