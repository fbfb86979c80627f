import type { Explanation } from "@seaworthy/contract";
import { Button, Textarea } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { alertsQuery } from "../alerts/queries.ts";
import { readLabels, writeLabels } from "./labels-text.ts";
import { Outcome } from "./Outcome.tsx";
import styles from "./Routing.module.css";

type Labels = Readonly<Record<string, string>>;

interface LabelTesterProps {
  /** Those that are tried now; none at first. */
  readonly labels: Labels;
  readonly change: (labels: Labels) => void;
  readonly answer: Explanation | undefined;
}

/** As many present alerts as are offered to be tried. */
const offered = 4;

/** Labels to try, and what would become of an alert that has them. */
export function LabelTester({ labels, change, answer }: LabelTesterProps) {
  const [text, setText] = useState(writeLabels(labels));
  const [isWriting, setWriting] = useState(false);
  const [shown, setShown] = useState(labels);
  if (shown !== labels) {
    setShown(labels);
    // Back or a pasted link. The address lags behind what is being typed, which stays as it is.
    if (!isWriting) setText(writeLabels(labels));
  }
  // Browsers refuse to change the address with every letter.
  const changeSoon = useDebouncedCallback(change, 250);
  const { data } = useQuery(alertsQuery);
  const reading = readLabels(text);
  const take = (next: string, put: (labels: Labels) => void) => {
    setText(next);
    const read = readLabels(next);
    if ("labels" in read) put(read.labels);
  };
  const present = [...new Map((data?.alerts ?? []).map((alert) => [alert.name, alert])).values()];
  return (
    <section aria-label="Try labels" className={styles.tester}>
      <Textarea
        label="Try labels"
        description="One a line. The routes that such an alert takes light up."
        autosize
        minRows={4}
        maxRows={14}
        maxLength={20_000}
        spellCheck={false}
        classNames={{ input: styles.labels ?? "" }}
        placeholder={"severity=critical\nservice=shop"}
        value={text}
        onFocus={() => setWriting(true)}
        onBlur={() => setWriting(false)}
        onChange={(event) => take(event.currentTarget.value, changeSoon)}
        error={"problem" in reading ? `Line ${reading.line}: ${reading.problem}` : null}
      />
      {present.length === 0 && text === "" ? null : (
        <div className={styles.offers}>
          {present.slice(0, offered).map((alert) => (
            <Button
              key={alert.fingerprint}
              size="compact-sm"
              variant="default"
              onClick={() => take(writeLabels(alert.labels), change)}
            >
              {alert.name}
            </Button>
          ))}
          {text === "" ? null : (
            <Button size="compact-sm" variant="subtle" onClick={() => take("", change)}>
              Clear
            </Button>
          )}
        </div>
      )}
      {Object.keys(labels).length === 0 || answer === undefined ? null : (
        <Outcome answer={answer} />
      )}
    </section>
  );
}
