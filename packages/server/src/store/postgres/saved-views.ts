import type { Selectable } from "kysely";
import type { Db } from "./records.ts";
import { storableText } from "./storable-text.ts";
import type { SavedViewTables } from "./tables/saved-views.ts";

/** Views that a screen lists. */
const MAX_LISTED = 1000;

/** What an explorer showed, under a name. */
export interface SavedViewRecord {
  readonly id: string;
  readonly screen: string;
  readonly name: string;
  /** The parameters of the screen's address. */
  readonly search: string;
  readonly savedBy: string;
  readonly savedAt: Date;
}

const toView = (row: Selectable<SavedViewTables["saved_views"]>): SavedViewRecord => ({
  id: row.id,
  screen: row.screen,
  name: row.name,
  search: row.search,
  savedBy: row.saved_by,
  savedAt: row.saved_at,
});

/** The views of a screen, by name. */
export async function listSavedViews(db: Db, screen: string): Promise<readonly SavedViewRecord[]> {
  const rows = await db
    .selectFrom("saved_views")
    .selectAll()
    .where("screen", "=", screen)
    .orderBy("name")
    .limit(MAX_LISTED)
    .execute();
  return rows.map(toView);
}

/** Keeps a view; one of the same name and screen is replaced, and keeps its id. */
export async function saveSavedView(db: Db, view: SavedViewRecord): Promise<SavedViewRecord> {
  const changed = {
    search: storableText(view.search),
    saved_by: view.savedBy,
    saved_at: view.savedAt,
  };
  const row = await db
    .insertInto("saved_views")
    .values({ id: view.id, screen: view.screen, name: storableText(view.name), ...changed })
    .onConflict((conflict) => conflict.columns(["screen", "name"]).doUpdateSet(changed))
    .returningAll()
    .executeTakeFirstOrThrow();
  return toView(row);
}

/** Deletes a view, if it is there. */
export async function deleteSavedView(db: Db, id: string): Promise<void> {
  await db.deleteFrom("saved_views").where("id", "=", id).execute();
}
