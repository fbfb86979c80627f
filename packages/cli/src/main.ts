#!/usr/bin/env node
import { rules, rulesHelp } from "./rules.ts";
import { up, upHelp } from "./up.ts";

const COMMANDS: Readonly<Record<string, (args: string[]) => Promise<number>>> = { rules, up };

const HELP = `seaworthy: takes a web service to production and keeps proving that it is ready

Usage: seaworthy COMMAND [OPTIONS]

Commands:
  rules   check rule files, and run tests of rules
  up      start the platform: http://127.0.0.1:4000

Run "seaworthy COMMAND --help" for a command's options and examples.
`;
const HELPS: Readonly<Record<string, string>> = { rules: rulesHelp, up: upHelp };

const [name = "--help", ...args] = process.argv.slice(2);
const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
if (name === "--help" || name === "-h" || name === "help") {
  process.stdout.write(HELPS[args[0] ?? ""] ?? HELP);
} else if (command === undefined) {
  process.stderr.write(`seaworthy: there is no command "${name}"\n\n${HELP}`);
  process.exitCode = 2;
} else {
  process.exitCode = await command(args);
}
