import { ActionIcon, TextInput, Tooltip } from "@mantine/core";
import { IconChevronDown, IconChevronUp, IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import type { SpanNode } from "./trace-tree.ts";
import styles from "./TracePage.module.css";

interface FindInTraceProps {
  /** What is looked for. */
  readonly text: string;
  readonly found: readonly SpanNode[];
  readonly current: SpanNode | null;
  readonly search: (text: string) => void;
  readonly show: (node: SpanNode) => void;
}

/** Looks for text in all spans; Enter goes to the next that has it. */
export function FindInTrace({ text, found, current, search, show }: FindInTraceProps) {
  const [draft, setDraft] = useState(text);
  const [shown, setShown] = useState(text);
  if (shown !== text) {
    setShown(text);
    setDraft(text);
  }
  const place = current === null ? -1 : found.indexOf(current);
  const go = (by: 1 | -1) => {
    const from = place === -1 && by === -1 ? 0 : place;
    const next = found[(from + by + found.length) % found.length];
    if (next !== undefined) show(next);
  };
  // A long trace takes a moment to be searched; Enter that was pressed meanwhile is not lost.
  const isWanted = useRef(false);
  useEffect(() => {
    if (!isWanted.current || draft !== text) return;
    isWanted.current = false;
    go(1);
  });
  return (
    <form
      role="search"
      className={styles.find}
      onSubmit={(event) => {
        event.preventDefault();
        if (draft === text) go(1);
        else isWanted.current = true;
      }}
    >
      <TextInput
        size="sm"
        aria-label="Find in this trace"
        placeholder="Find a name, an attribute, an id"
        leftSection={<IconSearch size={15} stroke={1.7} aria-hidden />}
        value={draft}
        onChange={(event) => {
          setDraft(event.currentTarget.value);
          search(event.currentTarget.value);
        }}
      />
      <span role="status" className={styles.found}>
        {text.trim() === ""
          ? ""
          : found.length === 0
            ? "nothing"
            : `${place === -1 ? "" : `${place + 1} of `}${found.length}`}
      </span>
      {found.length === 0 ? null : (
        <>
          <Tooltip label="The one before">
            <ActionIcon
              variant="subtle"
              color="gray"
              size={28}
              aria-label="The one before"
              onClick={() => go(-1)}
            >
              <IconChevronUp size={16} aria-hidden />
            </ActionIcon>
          </Tooltip>
          <Tooltip label="The next">
            <ActionIcon type="submit" variant="subtle" color="gray" size={28} aria-label="The next">
              <IconChevronDown size={16} aria-hidden />
            </ActionIcon>
          </Tooltip>
        </>
      )}
    </form>
  );
}
