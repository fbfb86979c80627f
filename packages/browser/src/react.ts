import { Component, type ErrorInfo, type ReactNode } from "react";
import { captureException } from "./capture.ts";
import { quietly } from "./quietly.ts";

/** What is shown instead of a part of the page that failed. */
export type Fallback =
  | ReactNode
  | ((failure: {
      readonly error: unknown;
      /** To be told to support; undefined when nothing is sent. */
      readonly eventId: string | undefined;
      /** Tries the part again. */
      readonly reset: () => void;
    }) => ReactNode);

export interface ErrorBoundaryProps {
  readonly children?: ReactNode;
  /** Default: nothing. */
  readonly fallback?: Fallback;
  /** Names the part in the event's tags. */
  readonly name?: string;
  readonly onError?: (error: unknown, eventId: string | undefined) => void;
}

/** As React says which components an error came through. */
interface Where {
  readonly componentStack?: string | null | undefined;
}

interface State {
  readonly failed: boolean;
  readonly error: unknown;
  readonly eventId: string | undefined;
}

const well: State = { failed: false, error: undefined, eventId: undefined };

/** Keeps an error of what is inside from taking the rest of the page along, and sends it. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, State> {
  override state: State = well;

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { failed: true, error };
  }

  override componentDidCatch(error: unknown, info: ErrorInfo): void {
    const { name, onError } = this.props;
    const eventId = capture(error, info, name === undefined ? {} : { boundary: name }, true);
    this.setState({ eventId });
    // What is thrown here would take the page along after all.
    quietly(() => onError?.(error, eventId), undefined);
  }

  readonly #reset = (): void => this.setState(well);

  override render(): ReactNode {
    const { failed, error, eventId } = this.state;
    const { children, fallback } = this.props;
    if (!failed) return children;
    return typeof fallback === "function"
      ? fallback({ error, eventId, reset: this.#reset })
      : fallback;
  }
}

/**
 * The handlers of React 19's roots, for errors that no boundary of the kit caught:
 * `createRoot(element, errorHandlers())`.
 */
export function errorHandlers(): {
  readonly onUncaughtError: (error: unknown, info: Where) => void;
  readonly onRecoverableError: (error: unknown, info: Where) => void;
} {
  return {
    onUncaughtError: (error, info) => {
      capture(error, info, {}, false);
      show(error);
    },
    onRecoverableError: (error, info) => {
      capture(error, info, {}, true);
      show(error);
    },
  };
}

/** React says an error on the console only where nobody else handles it. */
function show(error: unknown): void {
  quietly(() => console.error(error), undefined);
}

function capture(
  error: unknown,
  info: Where,
  tags: Readonly<Record<string, string>>,
  handled: boolean,
): string | undefined {
  const componentStack = info.componentStack ?? undefined;
  return captureException(error, {
    handled,
    tags,
    ...(componentStack === undefined ? {} : { contexts: { react: { componentStack } } }),
  });
}
