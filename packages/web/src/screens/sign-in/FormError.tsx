import { ApiError } from "../../api/call.ts";
import styles from "./SignIn.module.css";

/** What was wrong with what was sent. */
export function FormError({ error }: { readonly error: Error }) {
  const known = error instanceof ApiError ? error : null;
  return (
    <p className={styles.error} role="alert">
      <strong>{known?.title ?? "This did not work"}.</strong> {error.message}
    </p>
  );
}
