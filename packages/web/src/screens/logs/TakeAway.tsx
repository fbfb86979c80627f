import { Button, Menu } from "@mantine/core";
import { IconDownload, IconTerminal2 } from "@tabler/icons-react";
import { queryLogs } from "../../api/loki.ts";
import { tell } from "../../app/notices.ts";
import { copyText } from "../../elements/copy-text.ts";
import { download } from "../../elements/download.ts";
import type { Span } from "../../time/time-range.ts";
import { nanoseconds } from "./queries.ts";
import { curlOf, linesAsJson, linesAsText } from "./take-away.ts";

/** As many as the server gives at once. */
const most = 5000;

/** The lines as a file, or the question as a command. */
export function TakeAway({ query, span }: { readonly query: string; readonly span: Span }) {
  const save = async (name: string, type: string, write: typeof linesAsJson) => {
    try {
      const [start, end] = [nanoseconds(span.start), nanoseconds(span.end)];
      download(name, type, write(await queryLogs({ query, start, end, limit: most })));
    } catch (error) {
      tell("failed", `The lines were not fetched: ${error instanceof Error ? error.message : ""}`);
    }
  };
  const copy = async () => {
    const done = await copyText(curlOf(window.location.origin, query, span));
    if (done) tell("done", "The command is copied; it takes a token from SEAWORTHY_TOKEN");
  };
  return (
    <Menu withinPortal={false} position="bottom-end">
      <Menu.Target>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconDownload size={15} stroke={1.7} aria-hidden />}
        >
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>The latest {most.toLocaleString("en")} lines at most</Menu.Label>
        <Menu.Item onClick={() => void save("lines.jsonl", "application/x-ndjson", linesAsJson)}>
          Download as JSON, with labels
        </Menu.Item>
        <Menu.Item onClick={() => void save("lines.log", "text/plain", linesAsText)}>
          Download as text
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconTerminal2 size={15} stroke={1.7} aria-hidden />}
          onClick={() => void copy()}
        >
          Copy as curl
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
