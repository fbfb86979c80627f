import { figureRows } from "@seaworthy/contract";
import type { IncidentFigureReport } from "@seaworthy/contract";

const time = (seconds: number | null) =>
  seconds === null
    ? "-"
    : seconds < 120
      ? `${seconds} s`
      : seconds < 7200
        ? `${Math.round(seconds / 60)} min`
        : `${(seconds / 3600).toFixed(1)} h`;

/** The figures for people. */
export function figuresText(report: IncidentFigureReport): string {
  const lines = figureRows(report).map(([kind, name, one]) =>
    [
      (kind === "all" ? "all incidents" : `${kind} ${name === "" ? "none" : name}`).padEnd(28),
      String(one.incidents).padStart(5),
      ...[one.mttdSeconds, one.mttaSeconds, one.mttrSeconds].map((each) => time(each).padStart(9)),
      String(one.repeats).padStart(8),
    ].join(" "),
  );
  const head = `${"".padEnd(28)} count      MTTD      MTTA      MTTR  repeats`;
  const { followUp } = report;
  const after = [
    `post-mortems within 48 h: ${followUp.inTime} of ${followUp.due}`,
    `actions done: ${followUp.actionsDone} of ${followUp.actions}`,
  ];
  return `${[head, ...lines, ...after].join("\n")}\n`;
}
