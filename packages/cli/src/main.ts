#!/usr/bin/env node
import { alerts, alertsHelp } from "./alerts.ts";
import { controls, controlsHelp } from "./controls.ts";
import { change, changeHelp } from "./changes.ts";
import { doctor, doctorHelp } from "./doctor/doctor.ts";
import { incident, incidentHelp } from "./incidents.ts";
import { init, initHelp } from "./init/init.ts";
import { onCall, onCallHelp } from "./on-call.ts";
import { postMortem, postMortemHelp } from "./post-mortems.ts";
import { receivers, receiversHelp } from "./receivers.ts";
import { rules, rulesHelp } from "./rules.ts";
import { series, seriesHelp } from "./series.ts";
import { runbooks, runbooksHelp } from "./runbooks.ts";
import { status, statusHelp } from "./status.ts";
import { tail, tailHelp } from "./tail/tail.ts";
import { up, upHelp } from "./up.ts";
import { version } from "./version.ts";

interface Command {
  readonly run: (args: string[]) => Promise<number>;
  readonly help: string;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  up: { run: up, help: upHelp },
  init: { run: init, help: initHelp },
  doctor: { run: doctor, help: doctorHelp },
  alerts: { run: alerts, help: alertsHelp },
  controls: { run: controls, help: controlsHelp },
  change: { run: change, help: changeHelp },
  incident: { run: incident, help: incidentHelp },
  "on-call": { run: onCall, help: onCallHelp },
  "post-mortem": { run: postMortem, help: postMortemHelp },
  receivers: { run: receivers, help: receiversHelp },
  rules: { run: rules, help: rulesHelp },
  runbooks: { run: (args) => runbooks(args), help: runbooksHelp },
  series: { run: series, help: seriesHelp },
  status: { run: status, help: statusHelp },
  tail: { run: tail, help: tailHelp },
};

const HELP = `seaworthy: takes a web service to production and keeps proving that it is ready

Usage: seaworthy COMMAND [OPTIONS]

Commands:
  up         start the platform: http://127.0.0.1:4000
  init       add the kit to a service, and the files that watch it
  doctor     say what works and what does not, by trying it
  alerts     which alerts are noisy, and which rules are of no use
  controls   kill switches and other emergency controls
  change     say what was changed, and see what was
  incident   see, open, answer and close incidents
  on-call    who is on call now, and who is next
  post-mortem  which are due, and their export as Markdown
  receivers  when receivers were last reached, and test pages
  rules      check rule files, and run tests of rules
  runbooks   check runbooks, and the rules that lead to them
  series     which metric and label makes how many series, and what the limits are
  status     what visitors see: set components, announce, plan maintenance
  tail       follow log files, containers and the journal, and send them

Options:
  --version  say which version this is
  --help     show this

Run "seaworthy COMMAND --help" for a command's options and examples.
`;

const [name = "--help", ...args] = process.argv.slice(2);
const commandOf = (text: string) => (Object.hasOwn(COMMANDS, text) ? COMMANDS[text] : undefined);
const command = commandOf(name);
if (name === "--help" || name === "-h" || name === "help") {
  process.stdout.write(commandOf(args[0] ?? "")?.help ?? HELP);
} else if (name === "--version" || name === "-v" || name === "version") {
  process.stdout.write(`${await version()}\n`);
} else if (command === undefined) {
  process.stderr.write(`seaworthy: there is no command "${name}"\n\n${HELP}`);
  process.exitCode = 2;
} else {
  process.exitCode = await command.run(args);
}
