// The page that the tests drive: starts the kit as the test says, and has a part that can fail.
import { createElement, useState } from "react";
import { createRoot } from "react-dom/client";
import * as kit from "@seaworthy/browser";
import { ErrorBoundary, errorHandlers } from "@seaworthy/browser/react";

declare global {
  interface Window {
    options: kit.SeaworthyBrowserOptions;
    kit: typeof kit;
    ready: boolean;
  }
}

window.kit = kit;
kit.seaworthy(window.options);

function Part({ name }: { readonly name: string }) {
  const [broken, setBroken] = useState(false);
  if (broken) throw new RangeError(`${name} broke`);
  return createElement("button", { id: name, onClick: () => setBroken(true) }, name);
}

createRoot(document.querySelector("#react") ?? document.body, errorHandlers()).render(
  createElement(
    ErrorBoundary,
    {
      name: "basket",
      fallback: ({ eventId, reset }) =>
        createElement("button", { id: "again", onClick: reset }, `failed: ${eventId ?? ""}`),
    },
    createElement(Part, { name: "part" }),
  ),
);
window.ready = true;
