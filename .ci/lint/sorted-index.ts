import type { ESTree, Rule } from "@oxlint/plugins";
import { placeOf } from "./place.ts";

type Reexport = ESTree.ExportNamedDeclaration & { readonly source: NonNullable<ESTree.ExportNamedDeclaration["source"]> };

/** `index.ts` re-exports, sorted by file, in each clause values before types and both by name; nothing else. */
export const sortedIndex: Rule = {
  meta: { fixable: "code" },
  create(context) {
    const { path, pkg } = placeOf(context);
    if (pkg === undefined || !path.endsWith("/index.ts")) return {};
    return {
      Program(program) {
        const stray = program.body.find((node) => !isReexport(node));
        if (stray !== undefined) {
          if (!isEmptyExport(stray))
            context.report({ node: stray, message: "`index.ts` only re-exports names from its files: move this to a file of its own" });
          return;
        }
        const body = program.body as readonly Reexport[];
        const texts = body.map((node) => context.sourceCode.getText(node));
        const sorted = body
          .map((node) => ({ key: `${node.source.value} ${node.exportKind === "type" ? 1 : 0}`, text: clause(node) }))
          .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
        const wrong = body.findIndex((_, i) => names(texts[i]!) !== names(sorted[i]!.text));
        if (wrong < 0) return;
        const report = { node: body[wrong]!, message: `Sort the re-exports of \`index.ts\`: expected ${sorted[wrong]!.text}` };
        const plain = context.sourceCode.getAllComments().length === 0;
        context.report(
          plain
            ? { ...report, fix: (fixer) => fixer.replaceTextRange([body[0]!.range[0], body.at(-1)!.range[1]], sorted.map(({ text }) => text).join("\n")) }
            : report,
        );
      },
    };
  },
};

const isReexport = (node: ESTree.Node): boolean => node.type === "ExportNamedDeclaration" && node.source !== null;
/** A package without exports yet still is a module. */
const isEmptyExport = (node: ESTree.Node): boolean => node.type === "ExportNamedDeclaration" && node.declaration === null && node.specifiers.length === 0;

/** The order of names, without the layout. */
const names = (text: string): string => text.replace(/,(?=\s*})/g, "").replace(/\s+/g, " ");

function clause(node: Reexport): string {
  const parts = node.specifiers.map((specifier) => {
    const [local, exported] = [nameOf(specifier.local), nameOf(specifier.exported)];
    return { isType: specifier.exportKind === "type", exported, text: local === exported ? local : `${local} as ${exported}` };
  });
  const sorted = parts.toSorted((a, b) => Number(a.isType) - Number(b.isType) || byName(a.exported, b.exported));
  const list = sorted.map(({ isType, text }) => (isType ? `type ${text}` : text)).join(", ");
  return `export ${node.exportKind === "type" ? "type " : ""}{ ${list} } from ${JSON.stringify(node.source.value)};`;
}

const nameOf = (name: ESTree.ModuleExportName): string => (name.type === "Literal" ? name.value : name.name);

/** Alphabetical whatever the case; lower case first among equals. */
function byName(a: string, b: string): number {
  const [low, high] = [a.toLowerCase(), b.toLowerCase()];
  if (low !== high) return low < high ? -1 : 1;
  return a > b ? -1 : 1;
}
