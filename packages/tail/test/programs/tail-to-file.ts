import { open } from "node:fs/promises";
import { startTail } from "../../src/index.ts";

// Follows FOLDER/*.log* and writes each batch as a line of RECEIVED, synced: what stands there has been
// acknowledged. Ends by itself with ONCE. Arguments: FOLDER POSITIONS RECEIVED [once].
const [folder = "", positions = "", received = "", once = ""] = process.argv.slice(2);
const file = await open(received, "a");
const tail = startTail({
  inputs: [{ kind: "files", patterns: [`${folder}/*.log*`], service: "writer" }],
  positions,
  pollMs: 5,
  once: once === "once",
  tell: () => {},
  async deliver(records) {
    const lines = records.map(({ line, timeNs, metadata }) => [line, String(timeNs), metadata]);
    await file.appendFile(`${JSON.stringify(lines)}\n`);
    await file.datasync();
  },
});
process.stdout.write("ready\n");
await tail.done;
await file.close();
