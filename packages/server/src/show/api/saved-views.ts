import { randomUUID } from "node:crypto";
import { deleteView, listViews, saveView } from "@seaworthy/contract";
import type { SavedView, ViewScreen } from "@seaworthy/contract";
import type { Clock } from "../../model/index.ts";
import { deleteSavedView, listSavedViews, saveSavedView } from "../../store/index.ts";
import type { Records, SavedViewRecord } from "../../store/index.ts";
import { actorOfRequest } from "../request.ts";
import type { Serve } from "./serve.ts";

/** Where views are kept. */
export interface SavedViews {
  list(screen: ViewScreen): Promise<readonly SavedViewRecord[]>;
  /** Replaces the view of the same name and screen. */
  save(view: SavedViewRecord): Promise<SavedViewRecord>;
  remove(id: string): Promise<void>;
}

/** The views among the records. */
export function savedViewsIn({ db }: Records): SavedViews {
  return {
    list: (screen) => listSavedViews(db, screen),
    save: (view) => saveSavedView(db, view),
    remove: (id) => deleteSavedView(db, id),
  };
}

/** What explorers showed, kept under names for everybody. */
export function serveSavedViews(serve: Serve, views: SavedViews, clock: Clock): void {
  serve(listViews, async ({ query: { screen } }) => ({
    views: (await views.list(screen)).map((view) => viewOf(view, screen)),
  }));

  serve(saveView, async ({ body, request }) => {
    const savedBy = actorOfRequest(request);
    const savedAt = new Date(clock.now());
    const kept = await views.save({ id: randomUUID(), ...body, savedBy, savedAt });
    return viewOf(kept, body.screen);
  });

  serve(deleteView, async ({ params }) => {
    await views.remove(params.id);
    return {};
  });
}

function viewOf(view: SavedViewRecord, screen: ViewScreen): SavedView {
  return { ...view, screen, savedAt: view.savedAt.toISOString() };
}
