import { checkRuleFile, ruleFileSettings, testRuleFile } from "./evaluate/index.ts";

/**
 * The program behind `seaworthy rules`: `check LANGUAGE FILE…`, `settings CHANGES FILE…`, where CHANGES are
 * numbers by name as JSON, or `test RUN FILE…`, where RUN is a regular expression for names of test
 * groups. Prints the reports as one JSON array and exits 0, whatever they
 * say; what to make of them is the caller's.
 */
const [command, ...args] = process.argv.slice(2);
const commands = { check, settings, test };
const reports = await commands[command as keyof typeof commands](args);
process.stdout.write(`${JSON.stringify(reports)}\n`);

async function check([language, ...files]: readonly string[]) {
  const found = [];
  for (const file of files)
    found.push(await checkRuleFile(file, language === "logql" ? "logql" : "promql"));
  return found;
}

async function test([run = "", ...files]: readonly string[]) {
  const pattern = new RegExp(run, "u");
  const found = [];
  for (const file of files) found.push(await testRuleFile(file, (name) => pattern.test(name)));
  return found;
}

async function settings([changes = "{}", ...files]: readonly string[]) {
  const found = [];
  for (const file of files) {
    found.push(...(await ruleFileSettings(file, JSON.parse(changes) as Record<string, number>)));
  }
  return found;
}
