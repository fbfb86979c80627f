import type { FaultState } from "../faults.ts";
import { html, type Html } from "../html.ts";

export function faultsContent(faults: readonly FaultState[]): Html {
  return html`<div class="hero">
      <h1>Break something</h1>
      <p>
        Each switch makes the shop fail in a way that its alerts should notice. This page works even
        while the shop is down.
      </p>
    </div>
    <div class="faults">
      ${faults.map(
        (fault) =>
          html`<section class="${fault.on ? "panel fault on" : "panel fault"}" id="${fault.name}">
            <h2>${fault.title}<span class="state">${fault.on ? "● on" : "○ off"}</span></h2>
            <p class="soft">${fault.effect} Alert: <code>${fault.alert}</code></p>
            <form method="post" action="/faults/${fault.name}">
              <input type="hidden" name="on" value="${fault.on ? "false" : "true"}" />
              <button class="${fault.on ? "button danger" : "button plain"}">
                ${fault.on ? "Switch off" : "Switch on"}
              </button>
            </form>
          </section>`,
      )}
    </div>
    <p class="soft">
      The same by command:
      <code
        >curl -X POST http://127.0.0.1:4100/faults/errors -H 'content-type: application/json' -d
        '{"on":true}'</code
      >
    </p>`;
}
