import { BaseSequencer } from "vitest/node";
import type { TestSpecification } from "vitest/node";

type Sequencer = new (...args: ConstructorParameters<typeof BaseSequencer>) => BaseSequencer;

/**
 * Begins with the files whose paths end as one of `names`, in that order, so that no long one is left
 * over at the end with the other workers idle. Ends with those that share a worker: they share it only
 * while they follow each other.
 */
export function longestFirst(names: readonly string[]): Sequencer {
  const place = ({ moduleId, project }: TestSpecification) => {
    const long = names.findIndex((name) => moduleId.endsWith(`/${name}`));
    if (long !== -1) return long;
    return project.config.isolate ? names.length : names.length + 1;
  };
  return class extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
    }
  };
}
