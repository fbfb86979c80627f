import { prometheusFunctions, RULE_VARIABLES, ruleData, TemplateSet } from "@seaworthy/template";
import type { QuerySample, RuleAlert, Template } from "@seaworthy/template";
import { messageOf } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";

/** What expanding a template may ask for. */
export interface ExpansionEnvironment {
  /** Where people reach this installation. */
  readonly externalUrl: string;
  /** The evaluation's time, ms since 1970. */
  readonly at: number;
  /** An instant query at that time. */
  query(expression: string): Promise<readonly QuerySample[]>;
}

/**
 * The templates of a rule's labels or annotations. They are parsed once; texts without actions are
 * answered as they are.
 */
export class LabelTemplates {
  readonly #fixed: Readonly<Record<string, string>>;
  readonly #templates: readonly { readonly name: string; readonly template: BoundTemplate }[];

  /** Throws a TemplateFault for the first text that does not parse. */
  constructor(ruleName: string, texts: Labels) {
    const fixed: Record<string, string> = {};
    const templates: { name: string; template: BoundTemplate }[] = [];
    for (const [name, text] of Object.entries(texts)) {
      if (!text.includes("{{")) fixed[name] = text;
      else {
        try {
          templates.push({ name, template: new BoundTemplate(`__alert_${ruleName}`, text) });
        } catch (error) {
          throw new TemplateFault(name, messageOf(error));
        }
      }
    }
    this.#fixed = fixed;
    this.#templates = templates;
  }

  /**
   * The texts with their templates expanded. A template that fails becomes a text that says so, as in
   * Prometheus: an alert with a broken annotation must still be sent. `failed` hears of each.
   */
  async expand(
    alert: RuleAlert,
    environment: ExpansionEnvironment,
    failed: (name: string, reason: string) => void,
  ): Promise<Labels> {
    if (this.#templates.length === 0) return this.#fixed;
    const expanded: Record<string, string> = { ...this.#fixed };
    for (const { name, template } of this.#templates) {
      try {
        expanded[name] = await template.expand(alert, environment);
      } catch (error) {
        const reason = messageOf(error);
        failed(name, reason);
        expanded[name] =
          `<error expanding template: error executing template ${template.name}: ${reason}>`;
      }
    }
    return expanded;
  }
}

/** A label's or annotation's template that does not parse. */
export class TemplateFault extends Error {
  override readonly name = "TemplateFault";
  /** The label or annotation. */
  readonly label: string;

  constructor(label: string, reason: string) {
    super(reason);
    this.label = label;
  }
}

/** A template whose functions reach the environment of the expansion that is going on. */
class BoundTemplate {
  readonly name: string;
  readonly #text: string;
  readonly #pure: Template;
  readonly #needsEnvironment: boolean;

  constructor(name: string, text: string) {
    this.name = name;
    this.#text = text;
    // Which functions a text uses is known to its parser alone; a word is a safe upper bound.
    this.#needsEnvironment = /\b(query|now|externalURL|pathPrefix)\b/.test(text);
    this.#pure = compile(name, text, prometheusFunctions({ externalUrl: "" }));
  }

  async expand(alert: RuleAlert, environment: ExpansionEnvironment): Promise<string> {
    const { data, variables } = ruleData(alert);
    if (!this.#needsEnvironment) return this.#pure.execute(data, variables);
    const functions = prometheusFunctions({
      externalUrl: environment.externalUrl,
      now: environment.at / 1000,
      query: (expression) => environment.query(expression),
    });
    return compile(this.name, this.#text, functions).executeAsync(data, variables);
  }
}

function compile(
  name: string,
  text: string,
  functions: ReturnType<typeof prometheusFunctions>,
): Template {
  const set = new TemplateSet({ functions, missingKey: "zero", variables: RULE_VARIABLES });
  return set.compile(name, text);
}
