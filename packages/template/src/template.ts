import { BUILTINS } from "./builtins.ts";
import { TemplateError } from "./errors.ts";
import { execute, Suspended } from "./execute.ts";
import type { LoadResult, MissingKey } from "./execute.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import type { Limits } from "./limits.ts";
import { parse } from "./parse.ts";
import type { Definition } from "./parse.ts";
import { quote } from "./quote.ts";
import type { FunctionSet, Value } from "./values.ts";

export interface TemplateOptions {
  readonly functions: FunctionSet;
  /** Prometheus and Alertmanager both use `zero`. */
  readonly missingKey?: MissingKey;
  readonly limits?: Partial<Limits>;
  /** Names of variables (with their dollar) that every execution is given. */
  readonly variables?: readonly string[];
}

/** Values of the variables that `TemplateOptions.variables` names. */
export type Variables = Readonly<Record<string, Value>>;

/**
 * Templates that can call each other by name. A set is changed only by `parse`; executing it is pure,
 * so one set serves any number of executions.
 */
export class TemplateSet {
  readonly #options: TemplateOptions;
  readonly #limits: Limits;
  readonly #definitions: Map<string, Definition>;
  #nodes = 0;

  constructor(options: TemplateOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#definitions = new Map();
  }

  /**
   * Adds a text under `name`, and what it defines. A definition replaces an earlier one of its name,
   * unless it is empty. Throws TemplateError and then has changed nothing.
   */
  parse(name: string, text: string): this {
    const parsed = this.#parse(name, text);
    if (this.#nodes + parsed.nodes > this.#limits.nodes) {
      const reason = `the templates have more than ${this.#limits.nodes} nodes`;
      throw new TemplateError(`template: ${name}: ${reason}`, {
        template: name,
        line: 1,
        column: 0,
        reason,
      });
    }
    this.#nodes += parsed.nodes;
    add(this.#definitions, parsed.definitions);
    return this;
  }

  has(name: string): boolean {
    return this.#definitions.has(name);
  }

  names(): string[] {
    return [...this.#definitions.keys()].sort();
  }

  /** Executes the named template with `data` as dot. Throws TemplateError. */
  execute(name: string, data: Value, variables: Variables = {}): string {
    return this.#template(name).execute(data, variables);
  }

  /** Parses a text that may call the set's templates; the set stays as it is. Throws TemplateError. */
  compile(name: string, text: string): Template {
    const parsed = this.#parse(name, text);
    const definitions = new Map(this.#definitions);
    add(definitions, parsed.definitions);
    const root = definitions.get(name);
    if (root === undefined) throw new Error(`${name} was parsed without a definition`);
    return new Template(root, definitions, this.#options, this.#limits);
  }

  /** The same for a text that is HTML: what it prints is escaped for its place. Throws TemplateError. */
  expandHtml(text: string, data: Value, variables: Variables = {}): string {
    return this.compile("", text).executeHtml(data, variables);
  }

  /** `compile` and `execute` in one: what Alertmanager does with a field of its configuration. */
  expand(text: string, data: Value, variables: Variables = {}): string {
    return this.compile("", text).execute(data, variables);
  }

  #parse(name: string, text: string) {
    const { functions, variables } = this.#options;
    return parse(name, text, {
      isFunction: (candidate) =>
        Object.hasOwn(functions, candidate) || Object.hasOwn(BUILTINS, candidate),
      limits: this.#limits,
      ...(variables === undefined ? {} : { variables }),
    });
  }

  #template(name: string): Template {
    const definition = this.#definitions.get(name);
    if (definition === undefined) {
      const reason = `no template ${quote(name)}`;
      throw new TemplateError(`template: ${reason}`, {
        template: name,
        line: 1,
        column: 0,
        reason,
      });
    }
    return new Template(definition, this.#definitions, this.#options, this.#limits);
  }
}

/** A template that is ready to execute. */
export class Template {
  readonly #root: Definition;
  readonly #definitions: ReadonlyMap<string, Definition>;
  readonly #options: TemplateOptions;
  readonly #limits: Limits;

  constructor(
    root: Definition,
    definitions: ReadonlyMap<string, Definition>,
    options: TemplateOptions,
    limits: Limits,
  ) {
    this.#root = root;
    this.#definitions = definitions;
    this.#options = options;
    this.#limits = limits;
  }

  /** Executes with `data` as dot. Throws TemplateError, also where a function wants to load something. */
  execute(data: Value, variables: Variables = {}): string {
    return this.#run(data, variables, undefined);
  }

  /** Executes a template that makes HTML. Throws TemplateError. */
  executeHtml(data: Value, variables: Variables = {}): string {
    return this.#run(data, variables, undefined, true);
  }

  /**
   * Executes where functions may load (Prometheus's `query`). Each time something is missing the
   * execution stops, the load is awaited, and execution starts over with what is known by then;
   * templates have no effects, so that is the same as having waited.
   */
  async executeAsync(data: Value, variables: Variables = {}): Promise<string> {
    const loaded = new Map<string, LoadResult>();
    for (;;) {
      try {
        return this.#run(data, variables, loaded);
      } catch (error) {
        if (!(error instanceof Suspended)) throw error;
        loaded.set(error.key, await settle(error.start));
      }
    }
  }

  #run(
    data: Value,
    variables: Variables,
    loaded: Map<string, LoadResult> | undefined,
    html = false,
  ): string {
    return execute(this.#root, data, {
      definitions: this.#definitions,
      functions: this.#options.functions,
      missingKey: this.#options.missingKey ?? "default",
      limits: this.#limits,
      variables: new Map(Object.entries(variables)),
      loaded,
      html,
    });
  }
}

async function settle(start: () => Promise<Value>): Promise<LoadResult> {
  try {
    return { value: await start() };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** An empty definition gives a name a meaning, but never takes one away. */
function add(to: Map<string, Definition>, definitions: readonly Definition[]): void {
  for (const definition of definitions) {
    const isEmpty = definition.root.nodes.every(
      (node) => node.type === "text" && node.text.trim() === "",
    );
    if (!isEmpty || !to.has(definition.name)) to.set(definition.name, definition);
  }
}
