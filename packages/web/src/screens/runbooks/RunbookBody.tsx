import type { MarkdownBlock, MarkdownItem, Runbook } from "@seaworthy/contract";
import { useMemo } from "react";
import type { ChartMark } from "../../charts/marks.ts";
import { Ago } from "../../elements/Ago.tsx";
import { Command } from "../../elements/Command.tsx";
import { Markdown } from "../../elements/Markdown.tsx";
import type { Span } from "../../time/time-range.ts";
import { personName } from "../incidents/owner.ts";
import { ActionBlock } from "./ActionBlock.tsx";
import { LiveQuery } from "./LiveQuery.tsx";
import styles from "./Runbooks.module.css";

const shells = new Set(["sh", "bash", "shell", "console", "zsh", "powershell"]);

interface RunbookBodyProps {
  readonly runbook: Runbook;
  /** Of the heading that it stands under. */
  readonly level?: number;
  readonly span: Span;
  /** Seconds. */
  readonly step: number;
  readonly marks?: readonly ChartMark[];
  /** Ticks a step off; steps are only to be read without it. */
  readonly tick?: ((step: string, done: boolean) => void) | undefined;
  /** The incident that it is read for. */
  readonly incident?: string;
}

/** A runbook's text, its checks asked, its steps to be ticked off. */
export function RunbookBody(props: RunbookBodyProps) {
  const { runbook, level = 1, span, step, marks, tick, incident } = props;
  const done = useMemo(
    () => new Map(runbook.done.map((one) => [one.step, one] as const)),
    [runbook.done],
  );
  // The page has the title already.
  const blocks = useMemo(
    () =>
      runbook.blocks.filter(
        (block, place) => place > 0 || block.type !== "heading" || block.depth > 1,
      ),
    [runbook.blocks],
  );
  const isOfIncident = tick !== undefined || done.size > 0;
  return (
    <Markdown
      blocks={blocks}
      level={level}
      renderCode={(block) => {
        const button = runbook.buttons.find(({ line }) => line === block.line);
        if (button !== undefined && block.language === "action")
          return <ActionBlock button={button} runbook={runbook.name} incident={incident} />;
        return (
          <Code block={block} span={span} step={step} {...(marks === undefined ? {} : { marks })} />
        );
      }}
      {...(isOfIncident
        ? { renderTask: (item: MarkdownItem) => <Tick item={item} done={done} tick={tick} /> }
        : {})}
    />
  );
}

interface TickProps {
  readonly item: MarkdownItem;
  readonly done: ReadonlyMap<string, { readonly at: string; readonly by: string }>;
  readonly tick: ((step: string, done: boolean) => void) | undefined;
}

function Tick({ item, done, tick }: TickProps) {
  const step = item.step ?? "";
  const ticked = done.get(step);
  return (
    <span className={styles.tick}>
      <input
        type="checkbox"
        className={styles.box}
        aria-label={wordsOf(item)}
        checked={ticked !== undefined}
        disabled={tick === undefined}
        onChange={(event) => tick?.(step, event.currentTarget.checked)}
      />
      {ticked === undefined ? null : (
        <span className={styles.by}>
          {personName(ticked.by)} <Ago at={ticked.at} />
        </span>
      )}
    </span>
  );
}

/** What a step says, to name its box by. */
function wordsOf({ blocks }: MarkdownItem): string {
  const words = (parts: Extract<MarkdownBlock, { type: "paragraph" }>["children"]): string =>
    parts
      .map((part) => ("children" in part ? words(part.children) : "text" in part ? part.text : " "))
      .join("");
  const first = blocks.find((block) => block.type === "paragraph");
  return first?.type === "paragraph" ? words(first.children) : "Step";
}

interface CodeProps {
  readonly block: Extract<MarkdownBlock, { type: "code" }>;
  readonly span: Span;
  readonly step: number;
  readonly marks?: readonly ChartMark[];
}

function Code({ block: { language, text, missing }, span, step, marks }: CodeProps) {
  if (language === "promql" || language === "logql")
    return (
      <LiveQuery
        language={language}
        query={text}
        missing={missing}
        span={span}
        step={step}
        {...(marks === undefined ? {} : { marks })}
      />
    );
  const isCommand = shells.has(language);
  return (
    <div className={styles.check} data-words={!isCommand || undefined}>
      <Command text={text} label={isCommand ? "Command" : "Text"} />
      {missing.length === 0 ? null : (
        <p className={styles.missing}>
          Fill in {missing.map((one) => one.replace(/^\.\w+\./, "")).join(", ")} yourself
          {isCommand ? ": it is not known, or a shell would read more in it than a word" : ""}.
        </p>
      )}
    </div>
  );
}
