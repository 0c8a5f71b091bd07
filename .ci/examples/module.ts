import ts from "typescript";
import type { Block } from "./blocks.ts";

/** What a block of an example becomes: a module that calls `globalThis.labExample` with each value it promises. */
export interface ExampleModule {
  readonly code: string;
  /** The number of values that the block promises. */
  readonly values: number;
}

/**
 * Turns each expression statement that a comment `// => value` follows into a check of that value.
 *
 * @throws SyntaxError naming file and line, if the block does not parse, promises what is no expression statement, or should end in a value and does not
 */
export function exampleModule({ file, line, code, endsInValue }: Block): ExampleModule {
  const tree = ts.createSourceFile("example.ts", code, ts.ScriptTarget.Latest, true);
  const at = (position: number): string => `${file}:${line + tree.getLineAndCharacterOfPosition(position).line}`;
  const [problem] = (tree as unknown as { parseDiagnostics: readonly ts.DiagnosticWithLocation[] }).parseDiagnostics;
  if (problem !== undefined) throw new SyntaxError(`${at(problem.start)} ${ts.flattenDiagnosticMessageText(problem.messageText, " ")}`);

  const edits: { readonly from: number; readonly to: number; readonly text: string }[] = [];
  const promised = new Set<number>();
  let last = -1;
  const visit = (node: ts.Node): void => {
    const comment = ts.getTrailingCommentRanges(code, node.end)?.[0];
    const expected = comment === undefined ? undefined : promise(code.slice(comment.pos, comment.end));
    if (ts.isExpressionStatement(node) && expected !== undefined) {
      promised.add(comment!.pos);
      last = Math.max(last, node.end);
      const { expression } = node;
      const place = JSON.stringify(at(expression.getStart()));
      edits.push({
        from: expression.getStart(),
        to: expression.end,
        text: `globalThis.labExample(${place}, ${JSON.stringify(expected)}, (${code.slice(expression.getStart(), expression.end)}))`,
      });
      return;
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);

  for (const match of code.matchAll(/\/\/ => /g)) {
    if (!promised.has(match.index)) throw new SyntaxError(`${at(match.index)} Cannot check a value: expected "// => value" after an expression statement`);
  }
  const end = tree.statements.at(-1)?.end ?? 0;
  if (endsInValue && (promised.size === 0 || last < lastStatement(tree, end)))
    throw new SyntaxError(`${at(end)} Cannot run an example: expected it to end in a value, with "// => value" after it`);
  const checked = edits.toReversed().reduce((text, edit) => text.slice(0, edit.from) + edit.text + text.slice(edit.to), code);
  return { code: `${checked}\nexport {};\n`, values: promised.size };
}

function promise(comment: string): string | undefined {
  return /^\/\/ => (.*)$/.exec(comment)?.[1]?.trim();
}

/** A value may stand at the end of a last block `{ using …; value; // => … }`, or before a last line that disposes. */
function lastStatement(tree: ts.SourceFile, end: number): number {
  const last = tree.statements.at(-1);
  if (last !== undefined && ts.isBlock(last)) return last.statements.at(-1)?.end ?? end;
  return end;
}
