import { useState, type ReactNode } from "react";
import { Preview } from "./Preview.tsx";
import { draftInUrl, withDraft, type RuleDraft } from "./rule-draft.ts";
import { RuleForm } from "./RuleForm.tsx";
import { RuleText } from "./RuleText.tsx";
import styles from "./Rules.module.css";
import { useAddress } from "../../app/use-address.ts";

interface RuleEditorProps {
  /** What the draft begins with. */
  readonly base: RuleDraft;
  readonly group: string;
  readonly file: string | null;
  /** Of a rule that is in no file yet. */
  readonly mayChooseLanguage?: boolean;
  readonly children?: ReactNode;
}

/** Writes a rule, and shows what it would have done. What is previewed stands in the URL. */
export function RuleEditor({
  base,
  group,
  file,
  mayChooseLanguage = false,
  children,
}: RuleEditorProps) {
  const [params, setParams] = useAddress();
  const tried = draftInUrl(params, base);
  const [draft, setDraft] = useState(tried);
  const [shown, setShown] = useState(tried);
  const [sent, setSent] = useState<RuleDraft | null>(null);
  if (!isSame(shown, tried)) {
    setShown(tried);
    setSent(null);
    // Back or a pasted link; what was sent from here may have been written on since.
    if (sent === null || !isSame(sent, tried)) setDraft(tried);
  }
  const preview = (expression = draft.expression) => {
    const next = { ...draft, expression: expression.trim() };
    setDraft(next);
    setSent(isSame(next, tried) ? null : next);
    setParams((now) => withDraft(now, next, base), "push");
  };
  return (
    <div className={styles.columns}>
      <div className={styles.left}>
        {children}
        <RuleForm
          draft={draft}
          change={setDraft}
          preview={preview}
          mayChooseLanguage={mayChooseLanguage}
          isBehind={!isSame(draft, tried)}
        />
      </div>
      <div className={styles.right}>
        <Preview draft={tried} />
        {draft.expression.trim() === "" ? null : (
          <RuleText draft={draft} group={group} file={file} />
        )}
      </div>
    </div>
  );
}

function isSame(a: RuleDraft, b: RuleDraft): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
