import styles from "./StateMark.module.css";

/** Everything that has a state says it by the same shapes and words. */
export type State =
  | "firing"
  | "pending"
  | "inactive"
  | "triggered"
  | "acknowledged"
  | "investigating"
  | "identified"
  | "monitoring"
  | "resolved"
  | "up"
  | "down"
  | "unknown"
  | "sent"
  | "failed"
  | "waiting"
  | "silenced"
  | "clear";

type Tone = "firing" | "pending" | "recovered" | "info" | "quiet";
type Shape = "triangle" | "half" | "ring" | "check" | "dot" | "cross" | "muted";

const looks: Readonly<Record<State, readonly [word: string, tone: Tone, shape: Shape]>> = {
  firing: ["Firing", "firing", "triangle"],
  pending: ["Pending", "pending", "half"],
  inactive: ["Inactive", "quiet", "ring"],
  triggered: ["Triggered", "firing", "triangle"],
  acknowledged: ["Acknowledged", "info", "dot"],
  investigating: ["Investigating", "info", "dot"],
  identified: ["Identified", "info", "half"],
  monitoring: ["Monitoring", "info", "ring"],
  resolved: ["Resolved", "recovered", "check"],
  up: ["Up", "quiet", "check"],
  down: ["Down", "firing", "cross"],
  unknown: ["Unknown", "quiet", "ring"],
  sent: ["Delivered", "quiet", "check"],
  failed: ["Failed", "firing", "cross"],
  waiting: ["Waiting", "pending", "half"],
  silenced: ["Silenced", "quiet", "muted"],
  clear: ["Clear", "quiet", "check"],
};

/** The shape alone, for beside a word that is written elsewhere. */
export function StateShape({
  state,
  size = 14,
}: {
  readonly state: State;
  readonly size?: number;
}) {
  const [, tone, shape] = looks[state];
  return (
    <svg
      className={styles.shape}
      data-tone={tone}
      width={size}
      height={size}
      viewBox="0 0 14 14"
      aria-hidden
      focusable="false"
    >
      {drawings[shape]}
    </svg>
  );
}

const drawings: Readonly<Record<Shape, React.ReactNode>> = {
  triangle: (
    <path d="M7 1.6 13 12.2H1z" fill="currentColor" stroke="currentColor" strokeLinejoin="round" />
  ),
  half: (
    <>
      <circle cx="7" cy="7" r="5.2" fill="none" stroke="currentColor" strokeWidth="1.6" />
      <path d="M7 1.8a5.2 5.2 0 0 1 0 10.4z" fill="currentColor" />
    </>
  ),
  ring: <circle cx="7" cy="7" r="5.2" fill="none" stroke="currentColor" strokeWidth="1.6" />,
  check: (
    <>
      <circle cx="7" cy="7" r="5.6" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <path d="m4.6 7.2 1.7 1.7 3.2-3.6" fill="none" stroke="currentColor" strokeWidth="1.5" />
    </>
  ),
  dot: (
    <>
      <circle cx="7" cy="7" r="5.6" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <circle cx="7" cy="7" r="2.7" fill="currentColor" />
    </>
  ),
  cross: (
    <path
      d="M2.6 2.6l8.8 8.8M11.4 2.6l-8.8 8.8"
      fill="none"
      stroke="currentColor"
      strokeWidth="2.2"
      strokeLinecap="round"
    />
  ),
  muted: (
    <>
      <circle cx="7" cy="7" r="5.6" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <path d="M3.2 10.8 10.8 3.2" stroke="currentColor" strokeWidth="1.5" />
    </>
  ),
};

/** Shape, colour and word. */
export function StateMark({
  state,
  word,
  pill = false,
}: {
  readonly state: State;
  readonly word?: string;
  readonly pill?: boolean;
}) {
  const [defaultWord, tone] = looks[state];
  return (
    <span className={pill ? styles.pill : styles.mark} data-tone={tone}>
      <StateShape state={state} size={pill ? 12 : 14} />
      {word ?? defaultWord}
    </span>
  );
}
