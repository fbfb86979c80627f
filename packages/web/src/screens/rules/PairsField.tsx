import { ActionIcon, Button, Textarea, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import type { Pair } from "./rule-draft.ts";
import styles from "./Rules.module.css";

interface PairsFieldProps {
  readonly title: string;
  /** `label`, say. */
  readonly what: string;
  readonly pairs: readonly Pair[];
  readonly change: (pairs: readonly Pair[]) => void;
}

/** Names and values: labels, or annotations. */
export function PairsField({ title, what, pairs, change }: PairsFieldProps) {
  const put = (place: number, pair: Pair) =>
    change(pairs.map((each, index) => (index === place ? pair : each)));
  return (
    <fieldset className={styles.pairs}>
      <legend className={styles.legend}>{title}</legend>
      {pairs.map(([name, value], place) => (
        <div key={place} className={styles.pair}>
          <TextInput
            aria-label={`Name of ${what} ${place + 1}`}
            placeholder="name"
            spellCheck={false}
            value={name}
            onChange={(event) => put(place, [event.currentTarget.value, value])}
          />
          <Textarea
            aria-label={name === "" ? `Value of ${what} ${place + 1}` : `${what} ${name}`}
            placeholder={placeholders[name] ?? "value"}
            autosize
            minRows={1}
            maxRows={8}
            value={value}
            onChange={(event) => put(place, [name, event.currentTarget.value])}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size={36}
            aria-label={`Remove ${what} ${name === "" ? place + 1 : name}`}
            onClick={() => change(pairs.filter((_, index) => index !== place))}
          >
            <IconX size={16} stroke={1.7} aria-hidden />
          </ActionIcon>
        </div>
      ))}
      <div>
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconPlus size={15} aria-hidden />}
          onClick={() => change([...pairs, ["", ""]])}
        >
          Add {what === "annotation" ? "an" : "a"} {what}
        </Button>
      </div>
    </fieldset>
  );
}

const placeholders: Readonly<Record<string, string>> = {
  summary: "{{ $labels.service }} fails too often",
  runbook_url: "https://runbooks.example.org/…",
  severity: "critical, warning or info",
};
