// `npm start`: builds what is needed, then becomes `seaworthy up` with the same options.
import { build } from "./build.mjs";

build();
process.argv.splice(2, 0, "up");
await import("../packages/cli/dist/main.js");
