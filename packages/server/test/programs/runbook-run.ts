// Runs an action in a process of its own, to be killed: `runbook-run.ts SOCKET_DIR DATABASE INCIDENT FILE`.
// Its command says `begun` into FILE, and waits. Says `running`.
import { pino } from "pino";
import { systemClock } from "../../src/model/index.ts";
import { createRunbookActions } from "../../src/respond/index.ts";
import { connectRecords } from "../../src/store/postgres/connect.ts";

const [socketDir = "", database = "", incidentId = "", file = ""] = process.argv.slice(2);
const actions = createRunbookActions({
  records: await connectRecords({ socketDir, database }, { maxConnections: 4 }),
  clock: systemClock,
  log: pino({ level: "silent" }),
  announce: () => {},
  server: "killed",
  actions: [
    {
      name: "wait",
      title: "Wait",
      about: "",
      role: "member",
      confirm: undefined,
      twoPerson: false,
      parameters: new Map(),
      timeoutMs: 60_000,
      outputBytes: 1000,
      work: {
        kind: "command",
        argv: ["sh", "-c", 'echo begun >> "$0"; exec sleep 60', file],
        folder: "/",
        environment: { PATH: process.env["PATH"] ?? "" },
      },
    },
  ],
  labelsOf: async () => ({ incidentId, number: 1, labels: {} }),
  externalURL: "http://localhost",
});
const wanted = { action: "wait", runbook: null, values: {} };
const { plan } = await actions.preview(incidentId, wanted);
await actions.run({ name: "ana", personId: null, isPerson: true, isAdmin: true }, incidentId, {
  ...wanted,
  confirmation: plan?.confirmation ?? "",
});
console.log("running");
