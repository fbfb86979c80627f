/** A line, or several that belong together, on its way to the server. */
export interface TailRecord {
  /** Of its stream: few, and the same for all lines of a source. */
  readonly labels: Readonly<Record<string, string>>;
  /** ns since 1970: as the line says, or when it was read. */
  readonly timeNs: bigint;
  readonly line: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Something to follow. */
export type TailInput = {
  /** Labels that all its lines have. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The name of the service; without it the format, the container or the path tells it. */
  readonly service?: string | undefined;
} & (
  | { readonly kind: "files"; readonly patterns: readonly string[] }
  /** The folder of Docker's containers, /var/lib/docker/containers by default. */
  | { readonly kind: "docker"; readonly folder: string }
  /** `command`: what prints the journal from a cursor on; journalctl by default. */
  | { readonly kind: "journald"; readonly command?: readonly string[] }
);
