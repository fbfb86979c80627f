import styles from "./LabelList.module.css";

interface LabelListProps {
  readonly labels: Readonly<Record<string, string>>;
  readonly without?: readonly string[];
  /** When given, each label is a button. */
  readonly onPick?: (name: string, value: string) => void;
}

/** Labels as `name=value`, in alphabetical order. */
export function LabelList({ labels, without = ["alertname"], onPick }: LabelListProps) {
  const shown = Object.entries(labels)
    .filter(([name]) => !without.includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return (
    <ul className={styles.list} aria-label="Labels">
      {shown.map(([name, value]) => {
        const content = (
          <>
            <span className={styles.name}>{name}</span>={value}
          </>
        );
        return (
          <li key={name}>
            {onPick === undefined ? (
              <span className={styles.label}>{content}</span>
            ) : (
              <button
                type="button"
                className={styles.label}
                title={`Show only ${name}=${value}`}
                onClick={() => onPick(name, value)}
              >
                {content}
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
