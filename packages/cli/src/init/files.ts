import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { kit } from "./frameworks.ts";
import type { Project } from "./project.ts";

/** A file that a repository is to have. */
export interface WantedFile {
  /** Relative to the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

/**
 * The platform's own content: rules, runbooks and dashboards as standard files. In the package that is
 * published they are beside the code.
 */
const content = ["../content/", "../../../../content/"]
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path));

/** Rules about the platform itself, which has them already. */
const platformRules = "seaworthy.yml";

/** Everything below `seaworthy/`, as a Prometheus, an Alertmanager and a Grafana take it too. */
export async function monitoringFiles(project: Project): Promise<WantedFile[]> {
  if (content === undefined) throw new Error("the package of the command has no content/");
  const copied: WantedFile[] = [];
  for (const folder of ["rules", "loki-rules", "runbooks", "dashboards"])
    for (const name of (await readdir(join(content, folder))).sort())
      if (name !== platformRules)
        copied.push({
          path: `seaworthy/${folder}/${name}`,
          text: await readFile(join(content, folder, name), "utf8"),
        });
  return [
    { path: "seaworthy/seaworthy.yml", text: platformFile },
    { path: "seaworthy/prometheus.yml", text: prometheusFile(project) },
    {
      path: "seaworthy/alertmanager.yml",
      text: await readFile(join(content, "alertmanager.yml"), "utf8"),
    },
    ...copied,
  ];
}

const platformFile = `# Read by: npx seaworthy up
prometheus: prometheus.yml
alertmanager: alertmanager.yml
logs: { rule_files: [loki-rules/*.yml] }

notifications:
  # An alert that fires and resolves again and again is told of once, until it has been quiet.
  flapping: { firings: 4, within: 1h, quiet: 30m }
`;

function prometheusFile({ service, port }: Project): string {
  return `# What is scraped and which rules are evaluated, in Prometheus's own format.
global:
  scrape_interval: 15s
  scrape_timeout: 10s
  evaluation_interval: 15s

rule_files:
  - rules/*.yml

scrape_configs:
  - job_name: ${JSON.stringify(service)}
    static_configs:
      - targets: ["127.0.0.1:${port}"]
        labels:
          service: ${JSON.stringify(service)}
`;
}

/** The variables that the kit and the command read; a value is an example, never a secret. */
const variables: readonly (readonly [name: string, line: string, why: string])[] = [
  ["SEAWORTHY_URL", "SEAWORTHY_URL=http://127.0.0.1:4000", "where the platform is"],
  ["SEAWORTHY_KEY", "SEAWORTHY_KEY=", "an ingest key, for traces, logs and errors"],
  ["SEAWORTHY_TOKEN", "SEAWORTHY_TOKEN=", "its admin token, for seaworthy doctor"],
];

/** `.env.example` with the variables that it lacks at its end. */
export function environmentFile(before: string | undefined): string {
  const text = before ?? "";
  const missing = variables.filter(
    ([name]) => !text.split("\n").some((line) => line.replace(/^#?\s*/, "").startsWith(`${name}=`)),
  );
  if (missing.length === 0) return text;
  const gap = text === "" ? "" : text.endsWith("\n") ? "\n" : "\n\n";
  return `${text}${gap}${missing.map(([, line, why]) => `# Seaworthy: ${why}\n${line}\n`).join("")}`;
}

/** package.json with the kit among its dependencies, in its own indentation and order. */
export function manifestWithKit(project: Project, version: string): string {
  const { manifest, manifestText: text } = project;
  if (kit in { ...manifest.devDependencies, ...manifest.dependencies }) return text;
  const known = Object.entries(manifest.dependencies ?? {});
  const isSorted = known.every(([each], at) => at === 0 || (known[at - 1]?.[0] ?? "") < each);
  const after = known.findIndex(([each]) => each > kit);
  const at = isSorted && after !== -1 ? after : known.length;
  const dependencies = Object.fromEntries(known.toSpliced(at, 0, [kit, `^${version}`]));
  const indent = /^([ \t]+)"/m.exec(text)?.[1] ?? "  ";
  const ending = text.endsWith("\n") ? "\n" : "";
  return `${JSON.stringify({ ...manifest, dependencies }, undefined, indent)}${ending}`;
}
