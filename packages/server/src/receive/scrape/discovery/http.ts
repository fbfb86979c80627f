import type { TargetGroup } from "../job.ts";
import { ScrapeFault } from "../fault.ts";
import type { HttpClient } from "../http-client.ts";
import type { HttpDiscoveryConfig } from "./config.ts";
import type { Source } from "./discovery.ts";
import { jsonTargetFile } from "./target-file.ts";

/** What a server may call its answer, as Prometheus has it. */
const JSON_TYPE = /^application\/json(?:;\s*charset=(?:"utf-8"|utf-8))?$/i;

/** Target groups that a server answers as JSON (Prometheus: "HTTP SD"). */
export function httpSource(
  config: HttpDiscoveryConfig,
  client: HttpClient,
  maxBytes: number,
): Source {
  const { url } = config;
  return {
    key: url,
    mechanism: "http",
    isLocal: false,
    async look(_before, signal) {
      const headers = {
        accept: "application/json",
        "x-prometheus-refresh-interval-seconds": String(config.refreshInterval / 1000),
      };
      const answer = await client.get({ url, headers, compression: true, maxBytes }, signal);
      if (!JSON_TYPE.test(answer.contentType.trim())) {
        const type = JSON.stringify(answer.contentType);
        throw new ScrapeFault(`${url} answered the content type ${type}, not application/json`);
      }
      return read(answer.body.toString("utf8"), url);
    },
    close: () => client.close(),
  };
}

function read(text: string, url: string): TargetGroup[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ScrapeFault(`${url} did not answer JSON`, { cause: error });
  }
  const result = jsonTargetFile.safeParse(json);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new ScrapeFault(`${url}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
  }
  return result.data.map(({ targets, labels }) => ({
    targets: targets ?? [],
    labels: { ...labels, __meta_url: url },
  }));
}
