// What responds by itself, in a process of its own, to be killed: the status page with its notices and plans,
// reminders of post-mortems, what those who are kept informed of incidents are told, and controls with their
// times: `respond.ts SOCKET_DIR DATABASE SNAPSHOT NAME`.
// Says `ready`; then sets a control again and again, and says `set NAME-NUMBER` when that was acknowledged.
import { pino } from "pino";
import { systemClock } from "../../src/model/index.ts";
import { createControls, createNews, createPaging } from "../../src/respond/index.ts";
import { createReminders } from "../../src/respond/post-mortems/reminders.ts";
import { createStatusPage } from "../../src/respond/status-page/status-page.ts";
import { connectRecords } from "../../src/store/postgres/connect.ts";

const [socketDir = "", database = "", snapshotFile = "", name = ""] = process.argv.slice(2);
const common = {
  records: await connectRecords({ socketDir, database }, { maxConnections: 4 }),
  clock: systemClock,
  log: pino({ level: "silent" }),
  announce: () => {},
  config: { email: undefined, telephone: undefined, allowPrivateAddresses: true },
  // What a killed server had in hand is due again soon: the test does not wait a minute and a half.
  claim: 1000,
};
const externalURL = "http://localhost";
const paging = createPaging({ ...common, externalURL });
const statusPage = createStatusPage({
  ...common,
  url: `${externalURL}/status`,
  probes: { upShare: () => Promise.resolve(undefined), days: () => Promise.resolve([]) },
  severityOf: () => undefined,
  snapshotFile,
  publish: () => {},
});
const reminders = createReminders({ ...common, externalURL, severities: ["P1"], paging });
const news = createNews({ ...common, externalURL });
const controls = createControls(common);
const place = { service: "shop", environment: "production" };
const operator = { name, personId: null, isPerson: false };

statusPage.start();
reminders.start();
news.start();
controls.start();
console.log("ready");

async function forever(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    await work();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
let number = 0;
void forever(() => Promise.all([statusPage.settle(), reminders.settle(), news.settle()]));
void forever(async () => {
  number += 1;
  const reason = `${name}-${number}`;
  const wanted = { value: number, reason, lastsMs: 150 };
  await controls.set(operator, place, "load", wanted);
  console.log(`set ${reason}`);
});
