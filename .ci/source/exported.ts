import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { globSync } from "tinyglobby";
import ts from "typescript";

/** A value that a package exports, and where it is declared. */
export interface Exported {
  /** The name that users import it from: `@lab/tensor-core/report`. */
  readonly entry: string;
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** Its docstring; empty if it has none. */
  readonly doc: string;
}

/** The functions, classes and constants that the packages export, by following the re-exports of their entries. */
export function exportedValues(root: string): Exported[] {
  return globSync("packages/*/package.json", { cwd: root })
    .toSorted()
    .flatMap((manifest) => {
      const { name, exports } = JSON.parse(readFileSync(join(root, manifest), "utf8")) as {
        name: string;
        exports: Record<string, string | Record<string, string>>;
      };
      return Object.entries(exports).flatMap(([subpath, target]) => {
        const source = typeof target === "string" ? undefined : target["@lab/source"];
        return source === undefined ? [] : valuesOf(root, join(root, manifest, "..", source)).map((value) => ({ ...value, entry: join(name, subpath) }));
      });
    });
}

type Value = Omit<Exported, "entry">;

/** The values that one module exports. Types have no value to show, and are left out. */
function valuesOf(root: string, file: string): Value[] {
  const tree = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  return tree.statements.flatMap((statement): Value[] => {
    if (ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined) {
      const { exportClause, isTypeOnly, moduleSpecifier } = statement;
      if (isTypeOnly) return [];
      const below = valuesOf(root, join(file, "..", (moduleSpecifier as ts.StringLiteral).text));
      if (exportClause === undefined) return below;
      if (!ts.isNamedExports(exportClause)) return [];
      return exportClause.elements.flatMap(({ name, propertyName, isTypeOnly: isType }) => {
        const value = isType ? undefined : below.find((other) => other.name === (propertyName ?? name).text);
        return value === undefined ? [] : [{ ...value, name: name.text }];
      });
    }
    if (!ts.canHaveModifiers(statement) || !ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
    const names = ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.map(({ name }) => name.getText(tree))
      : (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name !== undefined
        ? [statement.name.text]
        : [];
    const doc = ts
      .getJSDocCommentsAndTags(statement)
      .filter(ts.isJSDoc)
      .map((comment) => comment.getText(tree))
      .join("\n");
    const line = tree.getLineAndCharacterOfPosition(statement.getStart(tree)).line + 1;
    return names.map((name) => ({ name, file: relative(root, file), line, doc }));
  });
}
