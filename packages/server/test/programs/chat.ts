// The telling of chats in a process of its own, to be killed: `chat.ts SOCKET_DIR DATABASE API_URL`.
// Says `ready`, and tells until then.
import { pino } from "pino";
import { systemClock } from "../../src/model/index.ts";
import { createChat } from "../../src/respond/index.ts";
import { connectRecords } from "../../src/store/postgres/connect.ts";

const [socketDir = "", database = "", apiUrl = ""] = process.argv.slice(2);
const chat = createChat({
  records: await connectRecords({ socketDir, database }, { maxConnections: 4 }),
  clock: systemClock,
  log: pino({ level: "silent" }),
  externalURL: "http://localhost",
  config: {
    slack: {
      apiUrl,
      token: { text: "xoxb-test" },
      signingSecret: { text: "secret" },
      channel: "C0COMMON",
      severities: ["P1"],
      ownChannel: ["P1"],
      prefix: "inc",
      invite: [],
      archiveAfter: undefined,
    },
    teams: undefined,
    discord: undefined,
  },
  // What a killed server had in hand is due again soon: the test does not wait five minutes.
  claim: 1000,
});
chat.start();
// Nobody announces here what the test does.
setInterval(() => chat.wake(), 100);
console.log("ready");
