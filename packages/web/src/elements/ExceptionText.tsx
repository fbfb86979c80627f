import { headlineOfException, type Exception } from "../values/exception.ts";
import { CopyButton } from "./CopyButton.tsx";
import styles from "./ExceptionText.module.css";

/** What went wrong, and where in the code: the type and the message, and the stack as it was written. */
export function ExceptionText({ exception }: { readonly exception: Exception }) {
  const { stack } = exception;
  const headline = headlineOfException(exception);
  // Most stacks begin with what is said above them.
  const frames = stack.startsWith(headline)
    ? stack.slice(headline.length).replace(/^\n/, "")
    : stack;
  return (
    <div className={styles.exception} role="group" aria-label="Exception">
      <p className={styles.headline}>
        <strong>{headline === "" ? "Exception" : headline}</strong>
        {stack === "" ? null : <CopyButton text={stack} label="Copy the stack" />}
      </p>
      {frames.trim() === "" ? null : (
        <pre className={styles.stack} tabIndex={0} aria-label="Stack">
          {frames}
        </pre>
      )}
    </div>
  );
}
