/** The syntax tree of a template. Positions are offsets into the text that was parsed. */
export type Node = ListNode | Statement | Operand | PipeNode | CommandNode;

export interface ListNode {
  readonly type: "list";
  readonly at: number;
  readonly nodes: readonly Statement[];
}

export type Statement =
  | TextNode
  | ActionNode
  | BranchNode
  | TemplateNode
  | { readonly type: "break"; readonly at: number }
  | { readonly type: "continue"; readonly at: number };

export interface TextNode {
  readonly type: "text";
  readonly at: number;
  readonly text: string;
}

/** `{{pipeline}}`: prints its value unless it declares or assigns. */
export interface ActionNode {
  readonly type: "action";
  readonly at: number;
  readonly pipe: PipeNode;
}

/** `if`, `with` and `range`. */
export interface BranchNode {
  readonly type: "if" | "with" | "range";
  readonly at: number;
  readonly pipe: PipeNode;
  readonly list: ListNode;
  readonly otherwise: ListNode | undefined;
}

/** `{{template "name" pipeline}}`. */
export interface TemplateNode {
  readonly type: "template";
  readonly at: number;
  readonly name: string;
  readonly pipe: PipeNode | undefined;
}

export interface PipeNode {
  readonly type: "pipe";
  readonly at: number;
  /** Variables that are declared (`:=`) or assigned (`=`). */
  readonly variables: readonly VariableNode[];
  readonly isAssign: boolean;
  readonly commands: readonly CommandNode[];
}

/** A function, method or field with its arguments, or a lone operand. */
export interface CommandNode {
  readonly type: "command";
  readonly at: number;
  readonly args: readonly [Operand, ...Operand[]];
}

export type Operand =
  | PipeNode
  | ChainNode
  | FieldNode
  | VariableNode
  | IdentifierNode
  | NumberNode
  | StringNode
  | { readonly type: "bool"; readonly at: number; readonly value: boolean }
  | { readonly type: "dot"; readonly at: number }
  | { readonly type: "nil"; readonly at: number };

/** A term followed by fields: `(pipeline).Field.Field`. */
export interface ChainNode {
  readonly type: "chain";
  readonly at: number;
  readonly node: Operand;
  readonly fields: readonly string[];
}

/** `.Field.Field`. */
export interface FieldNode {
  readonly type: "field";
  readonly at: number;
  readonly fields: readonly string[];
}

/** `$name.Field.Field`; `name` includes the dollar. */
export interface VariableNode {
  readonly type: "variable";
  readonly at: number;
  readonly name: string;
  readonly fields: readonly string[];
}

export interface IdentifierNode {
  readonly type: "identifier";
  readonly at: number;
  readonly name: string;
}

export interface NumberNode {
  readonly type: "number";
  readonly at: number;
  readonly text: string;
  /** The value as an int, where it has one. */
  readonly int: bigint | undefined;
  readonly float: number;
  /** Whether the text, unconstrained by a parameter's type, means a float64. */
  readonly isFloat: boolean;
}

export interface StringNode {
  readonly type: "string";
  readonly at: number;
  /** As written, quotes included. */
  readonly source: string;
  readonly value: string;
}

/** The node in template syntax, as Go prints it in error messages. */
export function formatNode(node: Node): string {
  switch (node.type) {
    case "list":
      return node.nodes.map(formatNode).join("");
    case "text":
      return node.text;
    case "action":
      return `{{${formatNode(node.pipe)}}}`;
    case "if":
    case "with":
    case "range": {
      const otherwise = node.otherwise === undefined ? "" : `{{else}}${formatNode(node.otherwise)}`;
      return `{{${node.type} ${formatNode(node.pipe)}}}${formatNode(node.list)}${otherwise}{{end}}`;
    }
    case "template":
      return `{{template ${JSON.stringify(node.name)}${node.pipe === undefined ? "" : ` ${formatNode(node.pipe)}`}}}`;
    case "break":
    case "continue":
      return `{{${node.type}}}`;
    case "pipe": {
      const commands = node.commands.map(formatNode).join(" | ");
      if (node.variables.length === 0) return commands;
      return `${node.variables.map(formatNode).join(", ")} ${node.isAssign ? "=" : ":="} ${commands}`;
    }
    case "command":
      return node.args.map(formatArgument).join(" ");
    case "chain":
      return `${formatArgument(node.node)}${dotted(node.fields)}`;
    case "field":
      return dotted(node.fields);
    case "variable":
      return `${node.name}${dotted(node.fields)}`;
    case "identifier":
      return node.name;
    case "number":
      return node.text;
    case "string":
      return node.source;
    case "bool":
      return String(node.value);
    case "dot":
      return ".";
    case "nil":
      return "nil";
  }
}

function formatArgument(node: Operand): string {
  return node.type === "pipe" ? `(${formatNode(node)})` : formatNode(node);
}

function dotted(fields: readonly string[]): string {
  return fields.map((field) => `.${field}`).join("");
}
