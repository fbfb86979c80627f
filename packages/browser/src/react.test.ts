import { expect, test, vi } from "vitest";
import { ErrorBoundary, errorHandlers } from "./react.ts";

test("errors that no boundary caught are on the console, as React would have said them", () => {
  const write = vi.spyOn(console, "error").mockImplementation(() => {});
  try {
    const { onUncaughtError, onRecoverableError } = errorHandlers();
    const [first, second] = [new Error("uncaught"), new Error("recovered")];
    onUncaughtError(first, {});
    onRecoverableError(second, { componentStack: "\n at Basket" });
    expect(write.mock.calls).toEqual([[first], [second]]);
    write.mockImplementation(() => {
      throw new Error("no console");
    });
    expect(() => onUncaughtError(first, {})).not.toThrow();
  } finally {
    write.mockRestore();
  }
});

test("what the page does about an error does not take the page along", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  try {
    const told: unknown[] = [];
    const boundary = new ErrorBoundary({
      onError: (error) => {
        told.push(error);
        throw new Error("again");
      },
    });
    boundary.setState = () => {};
    const error = new Error("first");
    expect(() => boundary.componentDidCatch(error, { componentStack: "" })).not.toThrow();
    expect(told).toEqual([error]);
    expect(String(warn.mock.calls[0])).toContain("again");
  } finally {
    warn.mockRestore();
  }
});
