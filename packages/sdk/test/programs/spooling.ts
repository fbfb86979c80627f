/** A service that logs some lines and then lives until it is killed. */
import { createKit } from "../../src/index.ts";

const [url = "", folder = "", label = "", count = "0"] = process.argv.slice(2);
const kit = createKit({
  export: { url, key: "test-key", spool: { folder } },
  logs: { destination: { write: () => {} } },
});
for (let index = 0; index < Number(count); index += 1) kit.logger.info(`${label} ${index}`);
kit.captureException(new Error(`${label} failed`));
kit.span(`${label} span`, () => {});
process.stdout.write("logged\n");
setInterval(() => {}, 60_000);
