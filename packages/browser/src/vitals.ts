import { metrics } from "@sentry/browser";
import { onCLS, onFCP, onINP, onLCP, onTTFB } from "web-vitals/attribution";
import { quietly } from "./quietly.ts";

/** The element that a value is due to, as a selector, where there is one. */
const culprits = {
  CLS: "largestShiftTarget",
  INP: "interactionTarget",
  LCP: "target",
  FCP: undefined,
  TTFB: undefined,
} as const;

interface Measured {
  readonly name: keyof typeof culprits;
  readonly value: number;
  readonly rating: string;
  readonly navigationType: string;
  readonly attribution: object;
}

/**
 * Measures the Core Web Vitals, and the first byte and paint before them, each as one value of the
 * distribution `web_vitals.NAME` a page: https://web.dev/articles/vitals. They are final when the
 * page is left or hidden.
 */
export function measureVitals(route: () => string | undefined): void {
  const report = ({ name, value, rating, navigationType, attribution }: Measured): void =>
    quietly(() => {
      const culprit = culprits[name];
      const element =
        culprit === undefined ? undefined : new Map(Object.entries(attribution)).get(culprit);
      const path = route();
      metrics.distribution(`web_vitals.${name.toLowerCase()}`, value, {
        ...(name === "CLS" ? {} : { unit: "millisecond" }),
        attributes: {
          rating,
          navigation_type: navigationType,
          ...(path === undefined ? {} : { route: path }),
          ...(typeof element === "string" ? { element } : {}),
        },
      });
    }, undefined);
  onTTFB(report);
  onFCP(report);
  onLCP(report);
  onCLS(report);
  onINP(report);
}
