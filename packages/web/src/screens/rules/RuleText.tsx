import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { Command } from "../../elements/Command.tsx";
import { download } from "../../elements/download.ts";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { ruleYaml } from "./rule-yaml.ts";
import type { RuleDraft } from "./rule-draft.ts";
import styles from "./Rules.module.css";
import { SaveRule } from "./SaveRule.tsx";

interface RuleTextProps {
  readonly draft: RuleDraft;
  readonly group: string;
  /** The file that the rule is in; null for a new one. */
  readonly file: string | null;
}

/** The rule as it goes into a file: to copy or to download, and how to check it. */
export function RuleText({ draft, group, file }: RuleTextProps) {
  const isOverLogs = draft.language === "logql";
  const yaml = ruleYaml(draft, group);
  const name = file?.split("/").at(-1) ?? `${fileName(draft.name)}.yml`;
  return (
    <section aria-label="Rule file">
      <SectionHeading title="Rule file" note={file === null ? "rules are files" : name} />
      <p className={styles.how}>
        {file === null
          ? `Save it where ${isOverLogs ? "logs.rule_files of seaworthy.yml" : "rule_files of prometheus.yml"} looks, check it, and have the files read again.`
          : `In ${file}, put it in the place of the rule that is there, check the file, and have it read again.`}
      </p>
      <Command label="Rule" text={yaml} />
      <SaveRule key={group} draft={draft} group={group} file={file} />
      <div className={styles.save}>
        <Button
          size="xs"
          variant="default"
          disabled={draft.name === ""}
          leftSection={<IconDownload size={15} stroke={1.7} aria-hidden />}
          onClick={() => download(name, "application/yaml", yaml)}
        >
          Download
        </Button>
      </div>
      <Command label="Check" text={`seaworthy rules check ${isOverLogs ? "--loki " : ""}${name}`} />
    </section>
  );
}

function fileName(rule: string): string {
  return (
    rule
      .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
      .replace(/[^A-Za-z0-9]+/g, "-")
      .toLowerCase() || "rule"
  );
}
