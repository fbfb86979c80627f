import { z } from "zod";
import type { TailSettings } from "./receive/index.ts";

const common = {
  service: z.string().min(1).max(200).optional(),
  labels: z
    .record(z.string().regex(/^[A-Za-z_]\w{0,99}$/, "is not a label's name"), z.string().max(1000))
    .default({}),
};

/** `tail` of seaworthy.yml: logs of this machine that are followed; none by default. */
export const tailSchema = z
  .array(
    z.union(
      [
        z.strictObject({ files: z.array(z.string().min(1)).min(1), ...common }),
        z.strictObject({
          docker: z.union([z.literal(true), z.string().min(1)]),
          ...common,
        }),
        z.strictObject({ journald: z.literal(true), ...common }),
      ],
      "needs one of files (a list of patterns), docker (true, or the folder of its containers) and journald (true); service and labels may stand beside it",
    ),
  )
  .max(50)
  .default([]);

/** What is followed; paths stand beside the file that names them. */
export function readTail(
  given: z.output<typeof tailSchema>,
  beside: (path: string) => string,
): TailSettings {
  return given.map((input) => {
    const { service, labels } = input;
    if ("files" in input)
      return { kind: "files", patterns: input.files.map(beside), service, labels };
    if ("journald" in input) return { kind: "journald", service, labels };
    const folder = input.docker === true ? "/var/lib/docker/containers" : beside(input.docker);
    return { kind: "docker", folder, service, labels };
  });
}
