import type { ESTree, Visitor } from "@oxlint/plugins";

/** One import, re-export, dynamic import or import type. */
export interface Import {
  readonly node: ESTree.Node;
  readonly source: string;
  /** Whether it vanishes when types are erased. */
  readonly erased: boolean;
}

/** A visitor that reports every way in which a module can name another one. */
export function onImport(report: (found: Import) => void): Visitor {
  return {
    ImportDeclaration(node) {
      report({ node, source: node.source.value, erased: node.importKind === "type" || allTypes(node.specifiers) });
    },
    ExportNamedDeclaration(node) {
      if (node.source !== null) report({ node, source: node.source.value, erased: node.exportKind === "type" || allTypes(node.specifiers) });
    },
    ExportAllDeclaration(node) {
      report({ node, source: node.source.value, erased: node.exportKind === "type" });
    },
    ImportExpression(node) {
      if (node.source.type === "Literal" && typeof node.source.value === "string") report({ node, source: node.source.value, erased: false });
    },
    TSImportType(node) {
      report({ node, source: node.source.value, erased: true });
    },
  };
}

function allTypes(specifiers: readonly { readonly type: string; readonly importKind?: string; readonly exportKind?: string }[]): boolean {
  return specifiers.length > 0 && specifiers.every((specifier) => specifier.importKind === "type" || specifier.exportKind === "type");
}
