/** Makes the database in the folder that is named, and ends. */
import { openPGlite } from "./database.ts";

const database = await openPGlite(process.argv[2]);
await database.close();
