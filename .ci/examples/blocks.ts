import { readFileSync } from "node:fs";
import { globSync } from "tinyglobby";
import ts from "typescript";

/** A ```ts block of a docstring or of a Markdown file. */
export interface Block {
  readonly file: string;
  /** The line of its first line of code. */
  readonly line: number;
  readonly code: string;
  /** Whether it must end in a value: docstrings and READMEs of packages must. */
  readonly endsInValue: boolean;
}

/** Every block of the repository: docstrings of the packages' sources, READMEs, guides. */
export function allBlocks(root: string): Block[] {
  const list = (...patterns: string[]): string[] => globSync(patterns, { cwd: root, ignore: ["**/node_modules/**", "**/*.test.ts"] }).toSorted();
  const read = (file: string): string => readFileSync(`${root}/${file}`, "utf8");
  const sources = list("packages/*/src/**/*.ts");
  const pages = list("README.md", "CONTRIBUTING.md", "packages/*/README.md", "docs/*.md", "docs/guide/**/*.md");
  return [...sources.flatMap((file) => docstringBlocks(file, read(file))), ...pages.flatMap((file) => markdownBlocks(file, read(file)))];
}

/** The blocks inside the docstrings of a source file. */
export function docstringBlocks(file: string, source: string): Block[] {
  return docstrings(file, source).flatMap(({ line, text }) =>
    fenced(text.replace(/^[ \t]*\*(\/$| ?)/gm, "")).map((block) => ({ ...block, file, line: line + block.line, endsInValue: true })),
  );
}

/** The blocks of a page; those of a package's README must end in a value. */
export function markdownBlocks(file: string, page: string): Block[] {
  return fenced(page).map((block) => ({ ...block, file, line: 1 + block.line, endsInValue: file.startsWith("packages/") }));
}

/** The text of every docstring, with the line that it starts on. */
export function docstrings(file: string, source: string): { readonly line: number; readonly text: string }[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const starts = new Map<number, { line: number; text: string }>();
  const visit = (node: ts.Node): void => {
    for (const { pos, end } of ts.getLeadingCommentRanges(source, node.getFullStart()) ?? []) {
      if (source.startsWith("/**", pos)) starts.set(pos, { line: tree.getLineAndCharacterOfPosition(pos).line + 1, text: source.slice(pos, end) });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return [...starts.values()];
}

/** The ```ts fences of a text; `line` counts from 0 at the text's first line. */
function fenced(text: string): { line: number; code: string }[] {
  const lines = text.split("\n");
  const found: { line: number; code: string }[] = [];
  for (let i = 0; i < lines.length; i++) {
    const [, indent] = /^(\s*)```(?:ts|typescript)\s*$/.exec(lines[i]!) ?? [];
    if (indent === undefined) continue;
    const start = i + 1;
    for (i = start; i < lines.length && !lines[i]!.trim().startsWith("```"); i++);
    found.push({
      line: start,
      code: lines
        .slice(start, i)
        .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
        .join("\n"),
    });
  }
  return found;
}
