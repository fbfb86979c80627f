import { getSavedRules, saveRule } from "@seaworthy/contract";
import type { Access } from "../../access/index.ts";
import type { SavedRules } from "../../evaluate/index.ts";
import { principalOf } from "../request.ts";
import type { Serve } from "./serve.ts";

/** The rule file that people write from the interface. */
export function serveSavedRules(
  serve: Serve,
  { access, savedRules }: { readonly access: Access; readonly savedRules: SavedRules },
): void {
  serve(getSavedRules, async () => ({ saved: (await savedRules.view()) ?? null }));
  serve(saveRule, async ({ body, request }) => {
    const saved = await savedRules.save(body);
    const { group, rule } = body;
    await access.recordChange(principalOf(request), "rule.save", `${group}/${rule.name}`);
    return saved;
  });
}
