import type { Explanation, RouteNode } from "@seaworthy/contract";
import { formatQuantity } from "../../values/quantity.ts";

/** A node with what hangs below it. */
export interface RouteBranch {
  readonly node: RouteNode;
  readonly children: readonly RouteBranch[];
}

export type Verdict = Explanation["considered"][number];

/** The tree of a list in which parents stand before their children; null without a root. */
export function growTree(routes: readonly RouteNode[]): RouteBranch | null {
  const below = (node: RouteNode): RouteBranch => ({
    node,
    children: routes.filter(({ parent }) => parent === node.id).map(below),
  });
  const root = routes.find(({ parent }) => parent === null);
  return root === undefined ? null : below(root);
}

/** What a route does to groups in words, as far as it differs from its parent. */
export function timingsOf(node: RouteNode, parent: RouteNode | null): readonly string[] {
  const seconds = (value: number) => formatQuantity(value, "seconds");
  const differs = (field: "groupWait" | "groupInterval" | "repeatInterval") =>
    parent === null || parent[field] !== node[field];
  const sameGroups = parent !== null && parent.groupBy.join("\n") === node.groupBy.join("\n");
  return [
    ...(sameGroups ? [] : [groupingOf(node.groupBy)]),
    ...(differs("groupWait") ? [`first after ${seconds(node.groupWait)}`] : []),
    ...(differs("groupInterval") ? [`changes every ${seconds(node.groupInterval)}`] : []),
    ...(differs("repeatInterval") ? [`again after ${seconds(node.repeatInterval)}`] : []),
  ];
}

function groupingOf(labels: readonly string[]): string {
  if (labels.length === 0) return "all in one group";
  if (labels.includes("...")) return "each alert by itself";
  return `grouped by ${labels.join(", ")}`;
}
