import type { RuleLanguage, SignalLinks } from "@seaworthy/contract";
import { Button } from "@mantine/core";
import { IconBook, IconChartLine, IconExternalLink } from "@tabler/icons-react";
import { useTimeRange } from "../../time/use-time-range.ts";
import { paths } from "../../app/paths.ts";
import { Command } from "../../elements/Command.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SilenceButton } from "../silences/SilenceButton.tsx";
import { SignalButtons } from "../../elements/SignalButtons.tsx";
import { languageNames } from "../../values/language.ts";
import styles from "./AlertDetails.module.css";
import { descriptionOf, runbookOf } from "./alert-text.ts";

interface AlertDetailsProps {
  readonly annotations: Readonly<Record<string, string>>;
  readonly expression: string | null;
  /** PromQL by default. */
  readonly language?: RuleLanguage;
  /** Where the logs and traces of what it is about are. */
  readonly links?: SignalLinks | null;
  /** Where an alert of a foreign rule engine came from. */
  readonly generatorURL?: string;
  /** Of an alert that may be silenced. */
  readonly silenceable?: Readonly<Record<string, string>> | null;
}

/** The words of an alert, its expression, and where to go from here. */
export function AlertDetails({
  annotations,
  expression,
  language = "promql",
  links = null,
  generatorURL = "",
  silenceable = null,
}: AlertDetailsProps) {
  const { range, isChosen } = useTimeRange();
  const description = descriptionOf(annotations);
  const runbook = runbookOf(annotations);
  const source = expression === null && /^https?:\/\//.test(generatorURL) ? generatorURL : null;
  return (
    <>
      {description === null ? null : <p className={styles.description}>{description}</p>}
      {expression === null ? null : (
        <Command text={expression} label={`Expression, ${languageNames[language]}`} />
      )}
      <div className={styles.links}>
        {runbook === null ? null : (
          <Button
            component="a"
            href={runbook}
            target="_blank"
            rel="noreferrer"
            size="xs"
            variant="default"
            leftSection={<IconBook size={15} stroke={1.7} aria-hidden />}
          >
            Open the runbook
          </Button>
        )}
        {expression === null ? null : (
          <Button
            component={ScreenLink}
            to={
              language === "logql"
                ? paths.logs(expression, isChosen ? range : undefined)
                : paths.explore([expression], isChosen ? range : undefined)
            }
            size="xs"
            variant="default"
            leftSection={<IconChartLine size={15} stroke={1.7} aria-hidden />}
          >
            Explore this query
          </Button>
        )}
        {links === null ? null : <SignalButtons links={links} />}
        {source === null ? null : (
          <Button
            component="a"
            href={source}
            target="_blank"
            rel="noreferrer"
            size="xs"
            variant="default"
            leftSection={<IconExternalLink size={15} stroke={1.7} aria-hidden />}
          >
            Open its source
          </Button>
        )}
        {silenceable === null ? null : <SilenceButton labels={silenceable} />}
      </div>
    </>
  );
}
