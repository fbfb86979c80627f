import { openEmbeddedPostgres } from "../../src/store/postgres/embedded.ts";

// For embedded.test.ts: opens the cluster in the folder it is given and says where its socket is.
const postgres = await openEmbeddedPostgres({
  dir: process.argv[2] ?? "",
  log: { info() {}, warn() {} },
});
console.log(postgres.socketDir);
