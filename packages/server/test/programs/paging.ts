// The paging of people in a process of its own, to be killed: `paging.ts SOCKET_DIR DATABASE`.
// Says `ready`, and pages until then.
import { pino } from "pino";
import { systemClock } from "../../src/model/index.ts";
import { createPaging } from "../../src/respond/index.ts";
import { connectRecords } from "../../src/store/postgres/connect.ts";

const [socketDir = "", database = ""] = process.argv.slice(2);
const paging = createPaging({
  records: await connectRecords({ socketDir, database }, { maxConnections: 4 }),
  clock: systemClock,
  log: pino({ level: "silent" }),
  announce: () => {},
  externalURL: "http://localhost",
  config: { email: undefined, telephone: undefined, allowPrivateAddresses: true },
  // A page in the hands of a killed server is due again soon: the test does not wait a minute and a half.
  claim: 1000,
});
paging.start();
console.log("ready");
