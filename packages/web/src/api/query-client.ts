import { QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "./call.ts";

/** Called when the server says that nobody is signed in any more. */
let onSignedOut: () => void = () => undefined;

export function whenSignedOut(then: () => void): void {
  onSignedOut = then;
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError(error) {
      if (error instanceof ApiError && error.status === 401) onSignedOut();
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 5000,
      // A wrong question is not asked again; a lost connection is.
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 500),
      retryDelay: (attempt) => 500 * 2 ** attempt,
    },
  },
});
