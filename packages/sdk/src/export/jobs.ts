import { recordOfLine } from "./log-lines.ts";
import { encodeLogs, type Resource } from "./otlp.ts";
import { pack, type Packed } from "./pack.ts";
import { post, type Answer, type PostOptions } from "./post.ts";

/** What is given and returned is cloned on its way from thread to thread. */
interface Lines {
  readonly resource: Resource;
  readonly lines: readonly string[];
}

interface Body extends PostOptions {
  readonly url: string;
  readonly body: Uint8Array;
}

/** The parts of sending that need not be done by the application's thread. */
export const jobs = {
  /** Reads lines as log records, the body of a request. */
  async packLines({ resource, lines }: Lines): Promise<Packed & { readonly errors: string[] }> {
    const now = Date.now();
    const encode = (some: readonly string[]) =>
      encodeLogs(
        resource,
        some.map((line) => recordOfLine(line, now)),
      );
    const errors: string[] = [];
    const packed = await pack(lines, encode, (error) => errors.push(String(error)));
    return { ...packed, errors };
  },

  /** Sends a body; see {@link post}. */
  post({ url, body, ...options }: Body): Promise<Answer> {
    return post(new URL(url), body, options);
  },
};

export type JobName = keyof typeof jobs;
export type Given<Name extends JobName> = Parameters<(typeof jobs)[Name]>[0];
export type Done<Name extends JobName> = Awaited<ReturnType<(typeof jobs)[Name]>>;

/** Does a job in the thread that calls; `given` is what comes with this name. */
export async function doJob(name: JobName, given: unknown): Promise<unknown> {
  return (jobs[name] as (given: unknown) => Promise<unknown>)(given);
}
