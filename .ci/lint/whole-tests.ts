import type { ESTree, Rule } from "@oxlint/plugins";
import { placeOf } from "./place.ts";

const BLOCKS: readonly string[] = ["it", "test", "describe", "suite", "bench"];
const PARTIAL: readonly string[] = ["only", "skip", "todo", "fails"];

/** Every test runs: none focused, skipped, promised or expected to fail. */
export const wholeTests: Rule = {
  create(context) {
    if (!placeOf(context).isTest) return {};
    return {
      MemberExpression(node) {
        if (node.property.type !== "Identifier" || node.computed || !PARTIAL.includes(node.property.name)) return;
        const root = rootOf(node.object);
        if (root !== undefined && BLOCKS.includes(root))
          context.report({ node, message: `Every test runs: write it or delete it, no \`${root}.${node.property.name}\`` });
      },
      CallExpression(node) {
        if (node.callee.type === "Identifier" && /^(x|f)(it|test|describe)$/.test(node.callee.name)) {
          context.report({ node, message: `Every test runs: write it or delete it, no \`${node.callee.name}\`` });
        }
      },
    };
  },
};

function rootOf(node: ESTree.Expression | ESTree.Super): string | undefined {
  if (node.type === "Identifier") return node.name;
  return node.type === "MemberExpression" ? rootOf(node.object) : undefined;
}
