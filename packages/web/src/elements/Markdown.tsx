import type { MarkdownBlock, MarkdownInline, MarkdownItem } from "@seaworthy/contract";
import { Fragment, type ReactNode } from "react";
import { Command } from "./Command.tsx";
import styles from "./Markdown.module.css";
import { ScreenLink } from "./ScreenLink.tsx";

type CodeBlock = Extract<MarkdownBlock, { type: "code" }>;

interface MarkdownProps {
  readonly blocks: readonly MarkdownBlock[];
  /** The level of the heading that the document stands under: 1 by default. */
  readonly level?: number;
  /** A block of code in a form of its own; undefined for the usual one. */
  readonly renderCode?: (block: CodeBlock) => ReactNode;
  /** What stands before a task's words; by default whether the text has it ticked. */
  readonly renderTask?: (item: MarkdownItem) => ReactNode;
}

/** A document out of a tree, which can say no HTML: everything becomes an element of ours or text. */
export function Markdown(props: MarkdownProps) {
  return (
    <div className={styles.document}>
      <Blocks {...props} />
    </div>
  );
}

const inPlace = (place: number, what: string) => `${place} ${what}`;

function Blocks({ blocks, ...rest }: MarkdownProps) {
  return blocks.map((block, place) => (
    <Block key={inPlace(place, block.type)} block={block} {...rest} />
  ));
}

function Block({
  block,
  level = 1,
  renderCode,
  renderTask,
}: Omit<MarkdownProps, "blocks"> & { readonly block: MarkdownBlock }) {
  switch (block.type) {
    case "heading": {
      const Heading =
        (["h2", "h3", "h4", "h5", "h6"] as const)[Math.min(4, block.depth + level - 3)] ?? "h2";
      return (
        <Heading id={block.id} data-depth={block.depth}>
          <Line parts={block.children} />
        </Heading>
      );
    }
    case "paragraph":
      return (
        <p>
          <Line parts={block.children} />
        </p>
      );
    case "quote":
      return (
        <blockquote>
          <Blocks blocks={block.blocks} level={level} {...given({ renderCode, renderTask })} />
        </blockquote>
      );
    case "list": {
      const items = block.items.map((item, place) => (
        <li key={inPlace(place, item.step ?? "")} data-task={item.step !== null || undefined}>
          {item.step === null ? null : renderTask === undefined ? (
            <span
              className={styles.mark}
              aria-label={item.checked === true ? "Done" : "To do"}
              role="img"
            >
              {item.checked === true ? "☑" : "☐"}
            </span>
          ) : (
            renderTask(item)
          )}
          <div className={styles.item}>
            <Blocks blocks={item.blocks} level={level} {...given({ renderCode, renderTask })} />
          </div>
        </li>
      ));
      return block.start === null ? <ul>{items}</ul> : <ol start={block.start}>{items}</ol>;
    }
    case "table":
      return (
        <div className={styles.scroll} tabIndex={0} role="region" aria-label="Table">
          <table>
            <thead>
              <tr>
                {block.head.map((cell, place) => (
                  <th key={inPlace(place, "h")} scope="col">
                    <Line parts={cell} />
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {block.rows.map((row, place) => (
                <tr key={inPlace(place, "r")}>
                  {row.map((cell, column) => (
                    <td key={inPlace(column, "c")}>
                      <Line parts={cell} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    case "rule":
      return <hr />;
    case "code":
      return (
        renderCode?.(block) ?? (
          <Command text={block.text} label={block.language === "" ? "Text" : block.language} />
        )
      );
  }
}

/** Without what is undefined: optional properties here are there or not. */
function given(options: {
  readonly renderCode: MarkdownProps["renderCode"];
  readonly renderTask: MarkdownProps["renderTask"];
}): Pick<MarkdownProps, "renderCode" | "renderTask"> {
  return {
    ...(options.renderCode === undefined ? {} : { renderCode: options.renderCode }),
    ...(options.renderTask === undefined ? {} : { renderTask: options.renderTask }),
  };
}

const tags = { emphasis: "em", strong: "strong", strike: "del" } as const;

/** The parts of a line. */
function Line({ parts }: { readonly parts: readonly MarkdownInline[] }) {
  return parts.map((part, place) => {
    const key = inPlace(place, part.type);
    switch (part.type) {
      case "text":
        return <Fragment key={key}>{part.text}</Fragment>;
      case "code":
        return <code key={key}>{part.text}</code>;
      case "break":
        return <br key={key} />;
      case "link":
        return <Anchor key={key} href={part.href} parts={part.children} />;
      default: {
        const Tag = tags[part.type];
        return (
          <Tag key={key}>
            <Line parts={part.children} />
          </Tag>
        );
      }
    }
  });
}

/** The server lets only such links through; what is none all the same stays words. */
function Anchor({
  href,
  parts,
}: {
  readonly href: string;
  readonly parts: readonly MarkdownInline[];
}) {
  const words = <Line parts={parts} />;
  if (/^\/(?![/\\])/.test(href))
    return (
      <ScreenLink to={href} className="link">
        {words}
      </ScreenLink>
    );
  if (href.startsWith("#"))
    return (
      <a href={href} className="link">
        {words}
      </a>
    );
  if (!/^(?:https?:\/\/|mailto:)/i.test(href)) return words;
  return (
    <a href={href} className="link" target="_blank" rel="noreferrer">
      {words}
    </a>
  );
}
