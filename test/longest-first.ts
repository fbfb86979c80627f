import { BaseSequencer } from "vitest/node";
import type { TestSpecification } from "vitest/node";

type Sequencer = new (...args: ConstructorParameters<typeof BaseSequencer>) => BaseSequencer;

/**
 * First the files that have a worker of their own, then those that share workers: they share them only while
 * they follow each other. Both begin with the files whose paths end as one of `names`, in that order, so
 * that no long one is left over at the end with the other workers idle.
 */
export function longestFirst(names: readonly string[]): Sequencer {
  const place = ({ moduleId, project }: TestSpecification) => {
    const long = names.findIndex((name) => moduleId.endsWith(`/${name}`));
    const within = long === -1 ? names.length : long;
    return project.config.isolate ? within : within + names.length + 1;
  };
  return class extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
    }
  };
}
