import type { ServiceSummary } from "@seaworthy/contract";
import { useState } from "react";
import { paths } from "../../app/paths.ts";
import { Sparkline } from "../../charts/Sparkline.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import table from "../../elements/table.module.css";
import { useSteadyOrder } from "../../elements/use-steady-order.ts";
import { formatQuantity, type Unit } from "../../values/quantity.ts";
import styles from "./Services.module.css";
import { failingShare, worstFirst } from "./services.ts";

/** The services and how they do, worst first. */
export function Services({ services }: { readonly services: readonly ServiceSummary[] }) {
  const [isRead, setRead] = useState(false);
  const ordered = useSteadyOrder(services, (service) => service.service, worstFirst, isRead);
  const [first] = services;
  if (first === undefined) return null;
  const minutes = Math.round((first.spark.stepSeconds * (first.spark.requestRate.length - 1)) / 60);
  return (
    <section
      aria-label="Services"
      onPointerEnter={(event) => setRead(event.pointerType === "mouse")}
      onPointerLeave={() => setRead(false)}
    >
      <SectionHeading title="Services" note={`last ${minutes} min`} />
      <table className={`${table.table} ${styles.services}`}>
        <thead>
          <tr>
            <th scope="col">Service</th>
            <th scope="col">State</th>
            <th scope="col" className={table.number}>
              Requests
            </th>
            <th scope="col" className={table.number}>
              Errors
            </th>
            <th scope="col" className={table.number}>
              p95
            </th>
          </tr>
        </thead>
        <tbody>
          {ordered.map((service) => (
            <tr key={service.service}>
              <th scope="row" className={styles.name}>
                {service.service}
              </th>
              <td>
                <ServiceState service={service} />
              </td>
              <Figure
                value={service.requestRate}
                unit="perSecond"
                spark={service.spark.requestRate}
              />
              <Figure
                value={service.errorShare}
                unit="share"
                spark={service.spark.errorShare}
                atLeast={failingShare}
                isBad={(service.errorShare ?? 0) >= failingShare}
              />
              <Figure value={service.p95} unit="seconds" spark={service.spark.p95} />
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** How a service is, in a word. */
export function ServiceState({ service }: { readonly service: ServiceSummary }) {
  if (service.firingAlerts > 0)
    return (
      <ScreenLink to={paths.alerts({ label: `service=${service.service}` })}>
        <StateMark state="firing" word={`${service.firingAlerts} firing`} />
      </ScreenLink>
    );
  if (service.up === null) return <StateMark state="unknown" word="No target" />;
  if (service.up === 0) return <StateMark state="down" />;
  if (service.up < 1)
    return <StateMark state="pending" word={`${formatQuantity(service.up, "share")} up`} />;
  return <StateMark state="up" />;
}

interface FigureProps {
  readonly value: number | null;
  readonly unit: Unit;
  readonly spark: readonly (number | null)[];
  /** What the line's full height means at the least: noise is not drawn as a storm. */
  readonly atLeast?: number;
  readonly isBad?: boolean;
}

function Figure({ value, unit, spark, atLeast = 0, isBad = false }: FigureProps) {
  return (
    <td className={table.number}>
      <span className={styles.figure} data-bad={isBad || undefined}>
        <span className={styles.spark}>
          <Sparkline values={spark} atLeast={atLeast} tone={isBad ? "firing" : "plain"} />
        </span>
        <span className={styles.value}>{formatQuantity(value, unit)}</span>
      </span>
    </td>
  );
}
