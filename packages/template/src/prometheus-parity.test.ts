import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { prometheusFunctions, RULE_VARIABLES, ruleData, TemplateSet } from "./index.ts";

/**
 * Every template here is expanded by Prometheus (promtool, which shows the annotations of a rule unit
 * test) and by this package; the results must be the same, errors included.
 */
const EXPANDED: readonly string[] = [
  "plain text",
  "{{ $value }} {{ .Value }} {{ $labels.job }} {{ .Labels.job }} {{ $.Labels.job }}",
  "{{ 1e21 }} {{ 1e20 }} {{ 100000.0 }} {{ 1e6 }} {{ 1e-5 }} {{ 0.0001 }} {{ -0.5 }} {{ 3.0 }}",
  "{{ $labels }}",
  "{{ . }}",
  "{{ .Nope }}",
  "{{ $labels.nope }}|{{ index $labels `nope` }}|{{ .Labels.nope | len }}",
  "{{ $labels.job.foo.bar }}",
  "{{ .Value.Foo }}",
  "{{ $labels.job 3 }}",
  "{{ 1 | $value }}",
  "{{ nil }}",
  "{{ call 3 }}",
  '{{ template "x" }}',
  '{{ index $labels "job" }} {{ index $labels 3 }}',
  '{{ slice "héllo" 1 3 }} {{ len "héllo" }} {{ index "abc" 1 }} {{ slice "abc" 1 }} {{ slice "abc" }}',
  '{{ slice "abc" 2 1 }}',
  '{{ index "abc" 9 }}',
  '{{ slice "abc" 0 9 }}',
  "{{ slice 3 }}",
  "{{ index nil 3 }}",
  "{{ len 3 }}",
  // Printing.
  '{{ print 1 2 "a" "b" 3 nil true }} {{ println 1 "a" }}',
  '{{ printf "%v %g %f %.2f %e %d %s" $value $value $value $value $value 5 5 }}',
  '{{ printf "%T %T %T %T %T %T" $labels $value 1 "a" true . }}',
  '{{ printf "%q %x %X %U %c %o %b %t" "a\\nb" "hi" 255 65 65 8 5 true }}',
  '{{ printf "%[2]d %[1]d %d" 1 2 }} {{ printf "%[3]d" 1 }} {{ printf "%[1]*d" 5 }} {{ printf "%[x]d" 5 }}',
  '{{ printf "%6.2f|%-6d|%06d|%+d|% d|%+.1e|%08.3f|%x|%#x|%#o" 3.14159 5 5 5 5 12345.678 -3.14159 -255 255 8 }}',
  '{{ printf "%5s|%-5s|%.2s|%5.1s|%05s|%q|%+q|%#q|% x|%#x" "abc" "abc" "abc" "abc" "ab" "é" "é" "é" "abc" "abc" }}',
  '{{ printf "%d" }} {{ printf "%d" 1 2 }} {{ printf "%z" 1 }} {{ printf "%!" }} {{ printf "%" }}',
  '{{ printf "%*d|%-*d|%.*f" 5 1 5 1 2 3.14159 }} {{ printf "%*d" "x" 1 }} {{ printf "%5%" }}',
  "{{ printf \"%5t|%-5t|%q|%v|%s|%d\" true false 'x' nil nil nil }}",
  '{{ printf "%s %v %d" $labels $labels 3.5 }} {{ printf "%q" $labels }}',
  '{{ printf "%.0f %.0f %.0f %.0f %.1f %.3g %.10g %G %E" 0.5 1.5 2.5 -0.5 0.25 1234.5 0.1 1e-10 12.0 }}',
  '{{ printf "%g %g %g %v" 1e100 123456789.0 0.000012345 1e5 }} {{ printf "%6.3v|%.3v" 3.14159 "abcdef" }}',
  '{{ printf "%t" 1 }} {{ printf "%d" "x" }} {{ printf "%f" 1 }} {{ printf "%s" 1.5 }} {{ printf "%x" true }}',
  '{{ printf "%.3d|%.0d|%+q|%#U|%O" 5 0 233 233 8 }}',
  // Numbers, characters and strings.
  "{{ 'a' }} {{ 0x10 }} {{ 1_000 }} {{ `raw` }} {{ 0b11 }} {{ 017 }} {{ 0o17 }} {{ +5 }} {{ -5 }} {{ .5 }} {{ 0x1p4 }}",
  "{{ \"\\x41\\u00e9\\101\\t\\\"\" }} {{ '\\n' }} {{ '\\'' }} {{ \"\\xc3\\xa9\" }}",
  // Logic and comparison.
  '{{ and 1 0 2 }} {{ or 0 "" "x" }} {{ not 1 }} {{ and true (index "a" 9) }}',
  '{{ or true (index "a" 9) }} {{ and false (index "a" 9) }} {{ 0 | or 1 }} {{ 5 | and 1 }}',
  '{{ eq $labels.job "x" "shop" }} {{ ne 1 2 }} {{ lt 1 2 }} {{ le 2 2 }} {{ gt "b" "a" }} {{ ge 1.5 2.5 }}',
  "{{ eq 1 1.0 }}",
  "{{ gt $value 5 }}",
  "{{ gt $value 5.0 }}",
  "{{ lt true false }}",
  '{{ lt "a" "b" "c" }}',
  "{{ eq 1 }}",
  "{{ eq nil nil }}",
  "{{ eq 1 nil }}",
  "{{ eq $labels $labels }}",
  // Control.
  "{{ if $labels.nope }}a{{ else if eq $labels.job `shop` }}b{{ else }}c{{ end }}",
  "{{ with $labels.job }}{{ . }}{{ end }}{{ with $labels.nope }}a{{ else }}b{{ end }}",
  "{{ range $k, $v := $labels }}{{ $k }}={{ $v }};{{ else }}none{{ end }}",
  "{{ range $labels }}{{ . }},{{ end }}{{ range $v := $labels }}{{ $v }},{{ end }}",
  "{{ range $i, $e := $labels }}{{ if eq $i `job` }}{{ break }}{{ end }}{{ if eq $i `__name__` }}{{ continue }}{{ end }}{{ $i }}{{ end }}",
  "{{ range 5.0 }}{{ end }}",
  "{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $y := 3 }}{{ $x := 4 }}{{ end }}{{ $x }}",
  "{{ $x := 1 }}{{ range $labels }}{{ $x = . }}{{ end }}{{ $x }}",
  '{{ define "t" }}[{{ . }}{{ $ }}]{{ end }}{{ template "t" $value }}{{ template "t" }}{{ block "b" 3 }}{{ . }}{{ end }}',
  '{{ define "r" }}{{ template "q" . }}{{ end }}{{ define "q" }}{{ .Nope }}{{ end }}{{ template "r" . }}',
  "a {{- 1 -}} b {{ 2 -}}  \n c {{- /* comment */ -}} d {{/* x */}} e",
  "{{- $value -}}\n{{ (index .Labels `job`) | printf `%s-%s` `a` }}",
  "{{ ($labels).job }} {{ (.Labels.job) }} {{ (printf `%s` `x`) | len }}",
  "{{ $y := $labels.job | toUpper }}{{ $y | printf `%s%s` `x` }}",
  "line one\n{{ if true }}\n  {{ .Nope }}{{ end }}",
  // Prometheus's functions.
  "{{ range $v := args 0 0.0 1 -1 1234567 0.00123 `1e3` `-5.5` 999.95 }}{{ humanize $v }} {{ humanize1024 $v }} {{ humanizeDuration $v }} {{ humanizePercentage $v }};{{ end }}",
  "{{ range $v := args 59.9 61 3661 90061.5 -90061 0.25 1e-7 }}{{ humanizeDuration $v }};{{ end }}",
  "{{ humanizeTimestamp 1.5 }} {{ toTime 1.5 }} {{ (toTime 0.0).Year }} {{ humanizeTimestamp 1435065584.128 }}",
  '{{ (toTime 1435065584.0).Format "Mon Jan _2 15:04:05.000 2006 PM 06 3:4:5 002 Z07:00 -0700" }}',
  '{{ humanize "abc" }}',
  "{{ humanize $labels }}",
  "{{ toUpper 5 }}",
  "{{ toUpper }}",
  '{{ toUpper "é" }} {{ toLower "É" }} {{ title "hELLO wORLD-foo\'s é_x ünd" }}',
  '{{ graphLink "up a" }} {{ tableLink "x{y=\\"z\\"}" }}',
  '{{ stripDomain $labels.instance }} {{ stripPort $labels.instance }} {{ stripDomain "10.0.0.1:80" }} {{ stripDomain "[::1]:80" }} {{ stripPort "[::1]:80" }} {{ stripPort "a:b:c" }} {{ stripDomain "web.example.com" }} {{ stripPort "web" }}',
  '{{ parseDuration "1h30m" }} {{ parseDuration "2d" }}',
  '{{ parseDuration "x" }}',
  '{{ reReplaceAll "(a+)(b*)" "<$1-${2}x$3>" "aabxab" }} {{ reReplaceAll "x*" "-" "abxxc" }} {{ reReplaceAll "(?P<n>b)" "[${n}$$]" "abc" }}',
  '{{ match "a.c" "xabcx" }} {{ match "^b" "ab" }} {{ match "(?i)AB" "ab" }}',
  '{{ match "(" "a" }}',
  '{{ html "<a>\'\\"&" }} {{ js "it\'s <b>\\n=\\\\é" }} {{ urlquery "a b&c=d/é~!*\'()" }} {{ safeHtml "<b>" }}',
  "{{ args 1 2 }} {{ (args 1 `x`).arg1 }}",
  '{{ query "m" | first | value }} {{ (query "m" | first).Labels.job }} {{ range query "m" }}{{ .Value }} {{ .Labels }}{{ end }}',
  '{{ len (query "m") }} {{ query "m" | first | label "job" }} {{ query "nope" | first }}',
  '{{ range query "m" | sortByLabel "job" }}{{ .Labels.job }}{{ end }}',
  '{{ with query "m2" }}{{ . | first | value | humanize }}{{ else }}nothing{{ end }}',
  '{{ printf "%.2f" 5 }} {{ 5.0 | printf "%.1f" }}',
  "{{ $externalLabels.cluster }} {{ .ExternalLabels }}",
];

/** Templates that do not parse. */
const REFUSED: readonly string[] = [
  "{{ true.x }}",
  "{{ $undefined }}",
  "{{ nosuch 1 }}",
  "{{ if }}{{ end }}",
  "{{ if true }}",
  "{{ end }}",
  "{{ else }}",
  "{{ break }}",
  "{{ range $a, $b, $c := $labels }}{{ end }}",
  "{{ $x, $y := $labels }}",
  "{{ 1 | 2 }}",
  "{{ | print }}",
  "{{ (1 }}",
  "{{ 1) }}",
  '{{ "abc }}',
  "{{ `abc }}",
  "{{ 'ab' }}",
  "{{ 3abc }}",
  "{{ 99999999999999999999 }}",
  "{{ a=b }}",
  "{{ $x : 1 }}",
  "{{ # }}",
  "{{ é€ }}",
  "{{ unclosed",
  "{{/* unclosed",
  "{{/* x */ 3 }}",
  "{{ template 3 }}",
  "{{ define x }}{{ end }}",
  '{{ if true }}{{ define "x" }}{{ end }}{{ end }}',
  '{{ define "x" }}a{{ end }}{{ define "x" }}b{{ end }}',
  "{{ if true }}{{ else }}{{ else }}{{ end }}",
  "{{ print }\n}",
  "{{ .A.B.3 }}",
  "a\nb {{ if true }}\n {{ $nope }}",
  '{{ "\\q" }}',
  "{{ . .. }}",
  "{{ $labels.job := 3 }}",
  "{{ with $x := 3 }}{{ end }}{{ $x }}",
];

const PREFIX_LENGTH = 112;
let expanded: readonly (string | undefined)[];
let refused: readonly (string | undefined)[];

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "sw-template-"));
  try {
    expanded = await expandedByPrometheus(folder, EXPANDED);
    refused = await refusedByPrometheus(folder, REFUSED);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 60_000);

describe("templates that Prometheus expands", () => {
  it.each(EXPANDED.map((text, index) => [text, index] as const))("%s", async (text, index) => {
    expect(await expandHere(text, `__alert_A${index}`)).toBe(expanded[index]);
  });
});

describe("templates that Prometheus refuses", () => {
  it.each(REFUSED.map((text, index) => [text, index] as const))("%s", (text, index) => {
    let message: string | undefined;
    try {
      compile(text, `__alert_A${index}`);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toBe(refused[index]);
  });
});

const ALERT = {
  labels: { __name__: "m", instance: "a.b.c:80", job: "shop", q: "<&>" },
  externalLabels: { cluster: "c1" },
  externalUrl: "",
  value: 1234567.891,
};

function compile(text: string, name: string) {
  const functions = prometheusFunctions({
    externalUrl: ALERT.externalUrl,
    query: async (expression) =>
      expression === "m" ? [{ labels: ALERT.labels, value: ALERT.value }] : [],
  });
  return new TemplateSet({ functions, missingKey: "zero", variables: RULE_VARIABLES }).compile(
    name,
    text,
  );
}

async function expandHere(text: string, name: string): Promise<string> {
  const template = compile(text, name);
  const { data, variables } = ruleData(ALERT);
  try {
    return await template.executeAsync(data, variables);
  } catch (error) {
    return `<error expanding template: error executing template ${name}: ${(error as Error).message}>`;
  }
}

async function expandedByPrometheus(folder: string, texts: readonly string[]) {
  const rules = texts.map((text, index) => ({
    alert: `A${index}`,
    expr: "m",
    annotations: { x: text },
  }));
  await writeFile(join(folder, "rules.yml"), JSON.stringify({ groups: [{ name: "g", rules }] }));
  const tests = {
    rule_files: ["rules.yml"],
    tests: [
      {
        interval: "1m",
        external_labels: ALERT.externalLabels,
        input_series: [
          { series: 'm{job="shop",instance="a.b.c:80",q="<&>"}', values: "1234567.891" },
        ],
        alert_rule_test: texts.map((_, index) => ({
          eval_time: "0m",
          alertname: `A${index}`,
          exp_alerts: [],
        })),
      },
    ],
  };
  await writeFile(join(folder, "tests.yml"), JSON.stringify(tests));
  const output = await promtool(["test", "rules", join(folder, "tests.yml")]);
  return texts.map((_, index) => {
    const found = new RegExp(
      `alertname: A${index}, time: 0s,[^{]*\\{[^\\n]*\\n\\s*Annotations:\\{x=("(?:[^"\\\\]|\\\\.)*")`,
    ).exec(output);
    if (found?.[1] === undefined)
      throw new Error(`promtool does not show A${index}: ${output.slice(0, 2000)}`);
    return withoutPrefix(unquote(found[1]), `__alert_A${index}`);
  });
}

async function refusedByPrometheus(folder: string, texts: readonly string[]) {
  const rules = texts.map((text, index) => ({
    alert: `A${index}`,
    expr: "m",
    annotations: { x: text },
  }));
  await writeFile(join(folder, "refused.yml"), JSON.stringify({ groups: [{ name: "g", rules }] }));
  const output = await promtool(["check", "rules", join(folder, "refused.yml")]);
  return texts.map((_, index) => new RegExp(`"A${index}": annotation "x": (.*)`).exec(output)?.[1]);
}

/** Go's quoting is JSON's but for bytes written as `\x`. */
function unquote(text: string): string {
  return JSON.parse(text.replaceAll("\\x", "\\u00")) as string;
}

/** Prometheus puts declarations of its variables before the text, and so shifts columns of line 1. */
function withoutPrefix(text: string, name: string): string {
  return text.replaceAll(
    new RegExp(`template: ${name}:1:(\\d+)`, "g"),
    (_, column: string) => `template: ${name}:1:${Number(column) - PREFIX_LENGTH}`,
  );
}

/** promtool reports failing tests on its outputs and ends with 1: that is how it shows annotations. */
function promtool(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile("promtool", args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error !== null && error.code === "ENOENT")
        reject(new Error("promtool is missing: install Debian's prometheus package"));
      else resolve(stdout + stderr);
    });
  });
}
