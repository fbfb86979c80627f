import type { Explanation } from "@seaworthy/contract";
import { Button, Textarea } from "@mantine/core";
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
  const [shown, setShown] = useState(labels);
  if (shown !== labels) {
    // Back or a pasted link changed them from outside; what is being typed stays as it is typed.
    setShown(labels);
    const reading = readLabels(text);
    if (!("labels" in reading) || writeLabels(reading.labels) !== writeLabels(labels))
      setText(writeLabels(labels));
  }
  const { data } = useQuery(alertsQuery);
  const reading = readLabels(text);
  const take = (next: string) => {
    setText(next);
    const read = readLabels(next);
    if ("labels" in read) change(read.labels);
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
        onChange={(event) => take(event.currentTarget.value)}
        error={"problem" in reading ? `Line ${reading.line}: ${reading.problem}` : null}
      />
      {present.length === 0 && text === "" ? null : (
        <div className={styles.offers}>
          {present.slice(0, offered).map((alert) => (
            <Button
              key={alert.fingerprint}
              size="compact-sm"
              variant="default"
              onClick={() => take(writeLabels(alert.labels))}
            >
              {alert.name}
            </Button>
          ))}
          {text === "" ? null : (
            <Button size="compact-sm" variant="subtle" onClick={() => take("")}>
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
