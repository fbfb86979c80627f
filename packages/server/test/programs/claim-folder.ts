import { claimDataFolder } from "../../src/store/data-folder.ts";

// For data-folder.test.ts: claims the folder it is given and holds it until it is killed.
await claimDataFolder(process.argv[2] ?? "");
console.log("claimed");
process.stdin.resume();
