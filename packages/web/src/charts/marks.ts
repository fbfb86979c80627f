/** A value that a line is compared with. */
export interface ChartThreshold {
  readonly value: number;
  /** On which side the alert fires. */
  readonly fires: "above" | "below" | "at";
  readonly label: string;
}

/** A time drawn as a band from top to bottom: while something fired, say. Milliseconds since 1970. */
export interface ChartBand {
  readonly from: number;
  /** Infinity for what lasts still. */
  readonly to: number;
}

/** An event drawn as a line from top to bottom. */
export interface ChartMark {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly label: string;
}
