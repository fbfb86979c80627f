import type { Source } from "@seaworthy/promql";

/** A source that answers in portions; `select` is made of them where it is asked for. */
export type PortionedSource = Omit<Source, "select"> & Required<Pick<Source, "selectPortions">>;
