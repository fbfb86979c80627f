import { Button, SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { QueryEditor } from "../explore/QueryEditor.tsx";
import { PairsField } from "./PairsField.tsx";
import { faultsOf, type RuleDraft } from "./rule-draft.ts";
import styles from "./Rules.module.css";

interface RuleFormProps {
  readonly draft: RuleDraft;
  readonly change: (draft: RuleDraft) => void;
  /** Shows what the draft would have done; an expression that was just typed is given along. */
  readonly preview: (expression?: string) => void;
  /** Whether the preview shows something else than the draft. */
  readonly isBehind: boolean;
  readonly mayChooseLanguage: boolean;
}

/** A rule's parts, to be written. */
export function RuleForm({ draft, change, preview, isBehind, mayChooseLanguage }: RuleFormProps) {
  const faults = faultsOf(draft);
  const put = (part: Partial<RuleDraft>) => change({ ...draft, ...part });
  const isAlert = draft.type === "alerting";
  return (
    <form
      aria-label="Rule"
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        preview();
      }}
    >
      <TextInput
        label="Name"
        placeholder={isAlert ? "CheckoutFails" : "job:requests:rate5m"}
        spellCheck={false}
        value={draft.name}
        error={faults.name}
        onChange={(event) => put({ name: event.currentTarget.value })}
      />
      {mayChooseLanguage ? (
        <SegmentedControl
          aria-label="Over"
          data={[
            { value: "promql", label: "Metrics, in PromQL" },
            { value: "logql", label: "Logs, in LogQL" },
          ]}
          value={draft.language}
          onChange={(language) => put({ language: language === "logql" ? "logql" : "promql" })}
        />
      ) : null}
      <div>
        <div className={styles.legend} aria-hidden>
          Expression
        </div>
        {draft.language === "logql" ? (
          <Textarea
            aria-label="Expression"
            autosize
            minRows={3}
            maxRows={16}
            spellCheck={false}
            classNames={{ input: styles.logql ?? "" }}
            placeholder={
              'sum by (service_name) (rate({service_name="shop"} |= "timeout" [5m])) > 1'
            }
            value={draft.expression}
            onChange={(event) => put({ expression: event.currentTarget.value })}
          />
        ) : (
          <QueryEditor
            label="Expression"
            value={draft.expression}
            onChange={(expression) => put({ expression })}
            onRun={preview}
          />
        )}
      </div>
      {isAlert ? (
        <div className={styles.durations}>
          <TextInput
            label="For"
            description="How long it holds before it fires"
            placeholder="at once"
            value={draft.hold}
            error={faults.hold}
            onChange={(event) => put({ hold: event.currentTarget.value })}
          />
          <TextInput
            label="Keep firing for"
            description="How long it goes on afterwards"
            placeholder="not at all"
            value={draft.keep}
            error={faults.keep}
            onChange={(event) => put({ keep: event.currentTarget.value })}
          />
        </div>
      ) : null}
      <PairsField
        title="Labels"
        what="label"
        pairs={draft.labels}
        change={(labels) => put({ labels })}
      />
      {isAlert ? (
        <PairsField
          title="Annotations"
          what="annotation"
          pairs={draft.annotations}
          change={(annotations) => put({ annotations })}
        />
      ) : null}
      <div>
        <Button
          type="submit"
          variant={isBehind ? "filled" : "default"}
          disabled={draft.expression.trim() === "" || faults.hold !== null || faults.keep !== null}
        >
          Preview
        </Button>
      </div>
    </form>
  );
}
