import type { ESTree, Rule } from "@oxlint/plugins";
import { EFFECT_EXCEPTION, EFFECT_ROOTS, GROUND } from "./layers.ts";
import { placeOf, type Place } from "./place.ts";

const EFFECTS: readonly string[] = [
  "tidy",
  "keep",
  "dispose",
  "disposeVariables",
  "data",
  "dataSync",
  "variable",
  "train",
  "setBackend",
  "memory",
  "dropout",
  "rand",
  "truncatedNormal",
  "multinomial",
];
const isEffect = (name: string): boolean => EFFECTS.includes(name) || /^(grad|valueAndGrad|variableGrad)s?$/.test(name) || name.startsWith("random");
/** Methods of tensors and variables that free or read, whatever their arguments. */
const METHODS: readonly string[] = ["dispose", "dataSync", "arraySync", "bufferSync"];
/** Methods that read a tensor when they take no argument; with one they belong to something else. */
const BARE_METHODS: readonly string[] = ["data", "array", "buffer"];

/** Freeing, reading, differentiating, drawing and choosing an engine belong to a few files of tensor-core; the rest is pure. */
export const effects: Rule = {
  create(context) {
    const place = placeOf(context);
    if (!isPure(place)) return {};
    const namespaces = new Set<string>();
    const complain = (node: ESTree.Node, name: string): void =>
      context.report({ node, message: `\`${name}\` is an effect: only ${GROUND}/src/{${EFFECT_ROOTS.join(",")}} may use it; call what they export` });
    return {
      ImportDeclaration(node) {
        if (!isTensorFlow(node.source.value) || node.importKind === "type") return;
        for (const specifier of node.specifiers) {
          if (specifier.type === "ImportNamespaceSpecifier") namespaces.add(specifier.local.name);
          else if (specifier.type === "ImportSpecifier" && specifier.importKind !== "type" && isEffect(nameOf(specifier.imported)))
            complain(specifier, nameOf(specifier.imported));
        }
      },
      ExportNamedDeclaration(node) {
        if (node.source === null || !isTensorFlow(node.source.value)) return;
        for (const specifier of node.specifiers) if (isEffect(nameOf(specifier.local))) complain(specifier, nameOf(specifier.local));
      },
      ExportAllDeclaration(node) {
        if (isTensorFlow(node.source.value)) complain(node, "export *");
      },
      MemberExpression(node) {
        const name = property(node);
        if (name === undefined || node.object.type !== "Identifier") return;
        if (namespaces.has(node.object.name) && isEffect(name)) complain(node, `${node.object.name}.${name}`);
        if (node.object.name === "Math" && name === "random") complain(node, "Math.random");
      },
      CallExpression(node) {
        const name = node.callee.type === "MemberExpression" ? property(node.callee) : undefined;
        if (name === undefined || isNamespaced(node, namespaces)) return;
        if (METHODS.includes(name) || (BARE_METHODS.includes(name) && node.arguments.length === 0)) complain(node, `.${name}()`);
      },
    };
  },
};

function isPure({ path, isSource, isTest, workspace }: Place): boolean {
  if (path.startsWith(EFFECT_EXCEPTION)) return false;
  if (workspace === "examples") return !isTest;
  const root = `packages/${GROUND}/src/`;
  return isSource && !(path.startsWith(root) && EFFECT_ROOTS.some((name) => path.slice(root.length).startsWith(name)));
}

const isTensorFlow = (source: string): boolean => source.startsWith("@tensorflow/");
const nameOf = (name: ESTree.ModuleExportName): string => (name.type === "Literal" ? name.value : name.name);

function property(node: ESTree.MemberExpression): string | undefined {
  if (node.property.type === "Identifier") return node.computed ? undefined : node.property.name;
  return node.computed && node.property.type === "Literal" && typeof node.property.value === "string" ? node.property.value : undefined;
}

/** `tf.dispose(…)` was reported as a member already. */
function isNamespaced({ callee }: ESTree.CallExpression, namespaces: ReadonlySet<string>): boolean {
  return callee.type === "MemberExpression" && callee.object.type === "Identifier" && namespaces.has(callee.object.name);
}
