import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import type { TailInput } from "./record.ts";

type Labels = Readonly<Record<string, string>>;

/** Names of files that say nothing of the service. */
const GENERAL =
  /^(?:access|error|errors|app|application|combined|current|log|main|out|output|server|stderr|stdout)$/;

/** Labels of a file's lines. `service` is what the file is called by when nothing else names it. */
export async function labelsOfFile(
  path: string,
  input: TailInput,
): Promise<{ readonly labels: Labels; readonly service: string }> {
  if (input.kind === "docker") return dockerLabels(path, input);
  const labels = { job: "files", host: hostname(), filename: path, ...input.labels };
  return { labels, service: input.service ?? serviceOf(path) };
}

/** `/var/log/shop/app.log.1` is of `shop`, `/var/log/shop.log` too. */
export function serviceOf(path: string): string {
  const name = basename(path).replace(/\.(?:log|txt|json|jsonl|ndjson|csv)\b.*$/, "");
  if (name !== "" && !GENERAL.test(name)) return name;
  const folder = basename(dirname(path));
  return /^(?:logs?|)$/.test(folder) ? basename(dirname(dirname(path))) || name : folder;
}

/** A container's name and what Compose says of it, from the file that Docker keeps beside its log. */
async function dockerLabels(path: string, input: TailInput) {
  const id = basename(dirname(path));
  let name = id.slice(0, 12);
  let given: Readonly<Record<string, unknown>> = {};
  try {
    const text = await readFile(join(dirname(path), "config.v2.json"), "utf8");
    const config = JSON.parse(text) as {
      Name?: unknown;
      Config?: { Labels?: Readonly<Record<string, unknown>> | null };
    };
    if (typeof config.Name === "string") name = config.Name.replace(/^\//, "");
    given = config.Config?.Labels ?? {};
  } catch {
    // A container that has been removed has only its log.
  }
  const labels: Record<string, string> = { job: "docker", host: hostname(), container: name };
  const compose = (label: string) => {
    const value = given[`com.docker.compose.${label}`];
    return typeof value === "string" ? value : "";
  };
  if (compose("service") !== "") labels["compose_service"] = compose("service");
  if (compose("project") !== "") labels["compose_project"] = compose("project");
  return {
    labels: { ...labels, ...input.labels },
    service: input.service ?? (compose("service") || name),
  };
}
