import { getIncidentFigures } from "@seaworthy/contract";
import type { IncidentFigures as FiguresView } from "@seaworthy/contract";
import type { Clock } from "../../model/index.ts";
import type { IncidentFigures } from "../../respond/index.ts";
import type { Serve } from "./serve.ts";

const DAY = 86_400_000;

type Report = Awaited<ReturnType<IncidentFigures["report"]>>;

const seconds = (ms: number | null) => (ms === null ? null : Math.round(ms / 1000));

function view<T extends Report["all"]>(given: T) {
  const { detect, acknowledge, resolve, ...rest } = given;
  const times = {
    mttdSeconds: seconds(detect),
    mttaSeconds: seconds(acknowledge),
    mttrSeconds: seconds(resolve),
  } satisfies Partial<FiguresView>;
  return { ...rest, ...times };
}

/** How incidents went. */
export function serveIncidentFigures(serve: Serve, figures: IncidentFigures, clock: Clock): void {
  serve(getIncidentFigures, async ({ query: { days } }) => {
    const to = new Date(clock.now());
    const from = new Date(to.getTime() - days * DAY);
    const { all, bySeverity, byService, byMonth, followUp } = await figures.report(from, to);
    return {
      from: from.toISOString(),
      to: to.toISOString(),
      all: view(all),
      bySeverity: bySeverity.map(view),
      byService: byService.map(view),
      byMonth: byMonth.map(view),
      followUp,
    };
  });
}
