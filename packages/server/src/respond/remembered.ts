/** Reads something at the first question and remembers it; what could not be read is read again. */
export function remembered<T>(read: () => Promise<T>): () => Promise<T> {
  let known: Promise<T> | undefined;
  return () => {
    known ??= read();
    known.catch(() => (known = undefined));
    return known;
  };
}
