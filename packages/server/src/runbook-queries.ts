import { parse as parseLogql } from "@seaworthy/logql";
import { createEngine } from "@seaworthy/promql";
import type { CheckQuery } from "./respond/index.ts";

/** Reads the queries of runbooks as they will be read when they are asked. */
export function runbookQueries(engine = createEngine()): CheckQuery {
  return (language, expression) => {
    if (language === "promql") engine.parse(expression);
    else parseLogql(expression);
  };
}
