import { Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import type { Span } from "../../time/time-range.ts";
import { namesOf } from "./queries.ts";
import { isDuration, readQuery, writeQuery, type PlainQuery } from "./trace-query.ts";
import styles from "./Traces.module.css";

interface TraceQueryFormProps {
  /** The query that is shown below; empty for all. */
  readonly query: string;
  readonly span: Span;
  readonly run: (text: string) => void;
}

/** A TraceQL query being written, and the fields that write the common ones. */
export function TraceQueryForm({ query, span, run }: TraceQueryFormProps) {
  const [draft, setDraft] = useState(query);
  const [shown, setShown] = useState(query);
  if (shown !== query) {
    // Back, a field or a pasted link changed the query from outside.
    setShown(query);
    setDraft(query);
  }
  const plain = readQuery(draft);
  const ask = (text: string) => {
    setDraft(text);
    run(text);
  };
  const change = (part: PlainQuery) => ask(writeQuery({ ...plain, ...part }));
  return (
    <form
      className={styles.query}
      onSubmit={(event) => {
        event.preventDefault();
        run(draft);
      }}
    >
      <div className={styles.hero}>
        <Textarea
          aria-label="Query"
          autosize
          minRows={1}
          maxRows={8}
          spellCheck={false}
          classNames={{ root: styles.editor ?? "", input: styles.input ?? "" }}
          placeholder="{ duration > 1s && status = error }"
          value={draft}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            run(draft);
          }}
        />
        <Button type="submit" size="md" variant={draft.trim() === query ? "default" : "filled"}>
          Run
        </Button>
      </div>
      {plain === null ? (
        <p className={styles.byHand}>This query says more than fields can show.</p>
      ) : (
        <Fields plain={plain} span={span} change={change} />
      )}
    </form>
  );
}

interface FieldsProps {
  readonly plain: PlainQuery;
  readonly span: Span;
  readonly change: (part: PlainQuery) => void;
}

function Fields({ plain, span, change }: FieldsProps) {
  const { data: names } = useQuery(namesOf(plain.service, span));
  const operations = useId();
  const services = names?.services ?? [];
  const known =
    plain.service === undefined || services.includes(plain.service)
      ? services
      : [plain.service, ...services];
  return (
    <div className={styles.fields}>
      <NativeSelect
        size="sm"
        label="Service"
        data={[{ value: "", label: "any" }, ...known]}
        value={plain.service ?? ""}
        onChange={(event) => change({ service: event.currentTarget.value })}
      />
      <Committed
        label="Operation"
        placeholder="any"
        list={operations}
        value={plain.operation ?? ""}
        commit={(operation) => change({ operation })}
      />
      <datalist id={operations}>
        {[...new Set(names?.operations.map(({ name }) => name))].map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <Committed
        label="At least"
        placeholder="100ms"
        value={plain.atLeast ?? ""}
        fits={isDuration}
        commit={(atLeast) => change({ atLeast })}
      />
      <Committed
        label="At most"
        placeholder="5s"
        value={plain.atMost ?? ""}
        fits={isDuration}
        commit={(atMost) => change({ atMost })}
      />
      <NativeSelect
        size="sm"
        label="Status"
        data={[
          { value: "", label: "any" },
          { value: "error", label: "failed" },
          { value: "ok", label: "ok" },
          { value: "unset", label: "not said" },
        ]}
        value={plain.status ?? ""}
        onChange={(event) => change({ status: event.currentTarget.value })}
      />
    </div>
  );
}

interface CommittedProps {
  readonly label: string;
  readonly placeholder: string;
  readonly list?: string;
  readonly value: string;
  readonly fits?: (text: string) => boolean;
  readonly commit: (value: string) => void;
}

/** A field that is taken when it is left, or with Enter. */
function Committed({ label, placeholder, list, value, fits, commit }: CommittedProps) {
  const [draft, setDraft] = useState(value);
  const [shown, setShown] = useState(value);
  if (shown !== value) {
    setShown(value);
    setDraft(value);
  }
  const text = draft.trim();
  const isWrong = text !== "" && fits?.(text) === false;
  const take = () => {
    if (!isWrong && text !== value) commit(text);
  };
  return (
    <TextInput
      size="sm"
      label={label}
      placeholder={placeholder}
      spellCheck={false}
      {...(list === undefined ? {} : { list })}
      value={draft}
      error={isWrong ? "such as 250ms" : false}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        take();
      }}
    />
  );
}
