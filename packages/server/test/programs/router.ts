// A router in a process of its own, to be killed: `router.ts SOCKET_DIR DATABASE ALERTMANAGER_YML [SERVER]`.
// Says `ready`; takes a JSON list of alerts a line on standard input and says `accepted` for each.
import { createInterface } from "node:readline";
import { pino } from "pino";
import { systemClock } from "../../src/model/index.ts";
import { createRouter, loadRouteConfig } from "../../src/route/index.ts";
import type { IncomingAlert } from "../../src/route/index.ts";
import { connectRecords } from "../../src/store/postgres/connect.ts";

const [socketDir = "", database = "", file = "", server = "main"] = process.argv.slice(2);
const records = await connectRecords({ socketDir, database }, { maxConnections: 4 });
const router = createRouter({
  records,
  server,
  clock: systemClock,
  log: pino({ level: "silent" }),
  announce: () => {},
  externalURL: "http://localhost",
  incidents: {
    // A row for each group, written by the same transaction: what rolls back leaves none.
    async groupsChanged(tx, changes) {
      await tx
        .insertInto("audit_log")
        .values(
          changes.map(({ group, at }) => ({
            at: new Date(at),
            actor: "test",
            action: group.status,
            subject: group.groupKey,
            detail: "{}",
          })),
        )
        .execute();
    },
  },
});
router.apply(await loadRouteConfig(file));
await router.start();
console.log("ready");

for await (const line of createInterface({ input: process.stdin })) {
  await router.accept(JSON.parse(line) as IncomingAlert[]);
  console.log("accepted");
}
