import { IconCircle, IconCircleCheckFilled } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { paths } from "../../app/paths.ts";
import { Command } from "../../elements/Command.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import styles from "./FirstRun.module.css";
import type { OverviewAnswer } from "./headline.ts";

const install = "npm install @seaworthy/sdk";
const register = `import { seaworthy } from "@seaworthy/sdk/fastify";

await app.register(seaworthy, { service: "shop" });`;
const scrape = `scrape_configs:
  - job_name: shop
    static_configs:
      - targets: ["127.0.0.1:3000"]
        labels: { service: shop }`;

/** Three steps from nothing to the first service on this page; each ticks itself off. */
export function FirstRun({ overview }: { readonly overview: OverviewAnswer }) {
  const { targets, services } = overview;
  const hasTarget = targets.up + targets.down > 0;
  const reload = `curl -X POST ${window.location.origin}/-/reload \\
  -H "Authorization: Bearer $SEAWORTHY_TOKEN"`;
  return (
    <ol className={styles.steps}>
      <Step done={services.length > 0} title="Let a service say how it does">
        <p>
          The kit adds /metrics, /health and request ids. Anything that speaks Prometheus works as
          well.
        </p>
        <Command label="Install command" text={install} />
        <Command label="Registration" text={register} />
      </Step>
      <Step done={hasTarget} title="Say where it is">
        <p>Add it to prometheus.yml, then have the configuration read again.</p>
        <Command label="Scrape configuration" text={scrape} />
        <Command label="Reload command" text={reload} />
        <p>
          The token comes from{" "}
          <ScreenLink to={paths.tokens()} className="link">
            Settings, tokens
          </ScreenLink>
          .
        </p>
      </Step>
      <Step done={targets.up > 0} title="Watch it arrive">
        <p>
          {hasTarget
            ? "The target is known but has not answered yet. Targets says why."
            : "This page changes by itself when the first scrape succeeds."}{" "}
          <ScreenLink to={paths.targets()} className="link">
            See targets
          </ScreenLink>
        </p>
      </Step>
    </ol>
  );
}

interface StepProps {
  readonly done: boolean;
  readonly title: string;
  readonly children: ReactNode;
}

function Step({ done, title, children }: StepProps) {
  return (
    <li className={styles.step}>
      {done ? (
        <IconCircleCheckFilled size={20} className={styles.done} aria-label="Done" />
      ) : (
        <IconCircle size={20} stroke={1.5} className={styles.open} aria-label="To do" />
      )}
      <div className={styles.body}>
        <h2 className={styles.title}>{title}</h2>
        {children}
      </div>
    </li>
  );
}
