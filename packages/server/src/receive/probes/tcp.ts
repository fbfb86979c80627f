import type { Socket } from "node:net";
import type { HttpClientConfig } from "../scrape/http-client-config.ts";
import type { TcpSettings } from "./config.ts";
import { open, secure } from "./connection.ts";
import { ProbeFault } from "./fault.ts";
import { addressOf, hostAndPort } from "./resolve.ts";
import type { ProbeResult } from "./result.ts";

/** The most that is read of a server that never says what is expected. */
const MAX_READ = 1024 * 1024;

/** Probes a TCP server: whether it can be connected to, and a conversation if one is given. */
export async function probeTcp(
  {
    target,
    hostname,
    settings,
    client,
  }: {
    readonly target: string;
    readonly hostname: string | undefined;
    readonly settings: TcpSettings;
    readonly client: HttpClientConfig;
  },
  result: ProbeResult,
  signal: AbortSignal,
): Promise<void> {
  result.set("probe_failed_due_to_regex", 0);
  const { host, port } = hostAndPort(target);
  const { address } = await addressOf(host, settings, result);
  const source = settings.source_ip_address;
  let socket: Socket = await open({ address, port, source }, signal);
  try {
    const name = hostname ?? host;
    if (settings.tls) socket = await secure(socket, name, client, result, signal);
    for (const step of settings.query_response) {
      let groups: readonly string[] | undefined;
      if (step.expect !== undefined) {
        groups = await expectLine(socket, step.expect, result, signal);
        const found = groups;
        const info = step.labels.map(({ name, value }) => [name, expand(value, found)]);
        if (info.length > 0) result.set("probe_expect_info", 1, Object.fromEntries(info));
      }
      if (step.send !== undefined) socket.write(`${expand(step.send, groups)}\n`);
      if (step.starttls) socket = await secure(socket, name, client, result, signal);
    }
  } finally {
    socket.destroy();
  }
}

/** Reads lines until one matches; answers its groups, the whole match first. */
async function expectLine(
  socket: Socket,
  expected: NonNullable<TcpSettings["query_response"][number]["expect"]>,
  result: ProbeResult,
  signal: AbortSignal,
): Promise<string[]> {
  let text = "";
  let read = 0;
  const groupsOf = (line: string): string[] | undefined => {
    const matcher = expected.matcher(line);
    if (!matcher.find()) return undefined;
    return Array.from({ length: matcher.groupCount() + 1 }, (_, i) => matcher.group(i) ?? "");
  };
  for (;;) {
    const chunk = (await nextChunk(socket, signal))?.toString("latin1");
    // What ends without a line's end is a line, too.
    text += chunk ?? (text === "" ? "" : "\n");
    read += chunk?.length ?? 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      const line = text.slice(0, end).replace(/\r$/, "");
      text = text.slice(end + 1);
      const groups = groupsOf(line);
      if (groups === undefined) continue;
      if (text !== "") socket.unshift(Buffer.from(text, "latin1"));
      return groups;
    }
    if (chunk !== undefined && read <= MAX_READ) continue;
    result.set("probe_failed_due_to_regex", 1);
    throw new ProbeFault(`the server never said ${expected.pattern()}`);
  }
}

/** The bytes that come next, or undefined at the end. */
async function nextChunk(socket: Socket, signal: AbortSignal): Promise<Buffer | undefined> {
  for (;;) {
    signal.throwIfAborted();
    const chunk = socket.read() as Buffer | null;
    if (chunk !== null) return chunk;
    if (socket.readableEnded || socket.destroyed) return undefined;
    await new Promise<void>((resolve) => {
      const wake = () => {
        for (const event of WAKING) socket.off(event, wake);
        resolve();
      };
      for (const event of WAKING) socket.on(event, wake);
    });
  }
}
const WAKING = ["readable", "end", "close", "error"] as const;

/** Puts what the step found into `$1` and `${1}`; `$$` is a dollar. */
function expand(template: string, groups: readonly string[] | undefined): string {
  if (groups === undefined) return template;
  return template.replaceAll(/\$(?:(\$)|(\d+)|\{(\d+)\})/g, (_all, dollar, plain, braced) =>
    dollar === undefined ? (groups[Number(plain ?? braced)] ?? "") : "$",
  );
}
