import { ApiError } from "../api/call.ts";
import { ErrorState } from "../elements/ErrorState.tsx";
import { positionIn } from "./error-position.ts";
import styles from "./QueryError.module.css";

interface QueryErrorProps {
  readonly expression: string;
  readonly error: Error;
  readonly retry: () => void;
}

/** A query that failed. When it cannot be read, the place is pointed at. */
export function QueryError({ expression, error, retry }: QueryErrorProps) {
  const isUnreadable = error instanceof ApiError && error.code === "bad_data";
  const place = isUnreadable ? positionIn(error.message, expression) : null;
  return (
    <ErrorState
      error={error}
      {...(isUnreadable ? {} : { retry })}
      action={
        place === null ? undefined : (
          <pre className={styles.pointer} aria-label="Where the query cannot be read">
            {place.line}
            {"\n"}
            <span className={styles.caret}>{`${" ".repeat(place.column)}^`}</span>
          </pre>
        )
      }
    />
  );
}
