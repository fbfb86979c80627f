import { lazy, Suspense, type ComponentProps } from "react";
import styles from "./Explore.module.css";

const PromqlEditor = lazy(() => import("./PromqlEditor.tsx"));

/** The editor of PromQL in its frame; until its code has come, the text stands in its place. */
export function QueryEditor(props: ComponentProps<typeof PromqlEditor>) {
  return (
    <div className={styles.editor}>
      <Suspense
        fallback={
          <pre className={styles.plain} aria-hidden>
            {props.value}
          </pre>
        }
      >
        <PromqlEditor {...props} />
      </Suspense>
    </div>
  );
}
