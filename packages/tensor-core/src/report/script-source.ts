/** The code of one cell as it stands in its file, without the indentation of its call. */
export type CellSource = { readonly line: number; readonly column: number; readonly source: string };
/** The parts of a notebook's own file that a report shows. */
export type ScriptSource = { readonly imports: string; readonly cells: readonly CellSource[] };

type Node = {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly loc: { readonly start: { readonly line: number; readonly column: number } };
};

/**
 * The imports of a script, and the body of the function that each call `….cell(prose, body)` in it ends in, in order.
 *
 * @throws SyntaxError if the text is not TypeScript
 */
export async function scriptSource(text: string): Promise<ScriptSource> {
  const { parse } = await import("@babel/parser");
  const { program } = parse(text, { sourceType: "module", errorRecovery: false, plugins: ["typescript", "explicitResourceManagement"] });
  const imports = program.body.filter(({ type }) => type === "ImportDeclaration").map(({ start, end }) => text.slice(start!, end!));
  const cells: CellSource[] = [];
  walk(program as unknown as Node, (node) => {
    const cell = cellOf(node, text);
    if (cell !== undefined) cells.push(cell);
  });
  return { imports: imports.join("\n"), cells: cells.sort((a, b) => a.line - b.line || a.column - b.column) };
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const child of Object.values(node)) {
    for (const below of Array.isArray(child) ? child : [child]) {
      if (typeof below === "object" && below !== null && typeof (below as Partial<Node>).type === "string" && "loc" in below) walk(below as Node, visit);
    }
  }
}

function cellOf(node: Node, text: string): CellSource | undefined {
  if (node.type !== "CallExpression") return undefined;
  const { callee, arguments: given } = node as Node & { callee: Node & { property?: Node & { name?: string } }; arguments: readonly Node[] };
  const body = given.at(-1);
  if (
    callee.type !== "MemberExpression" ||
    callee.property?.name !== "cell" ||
    given.length < 2 ||
    (body?.type !== "ArrowFunctionExpression" && body?.type !== "FunctionExpression")
  )
    return undefined;
  const inner = (body as Node & { body: Node }).body;
  const within =
    inner.type === "BlockStatement"
      ? text.slice(inner.start + 1, inner.end - 1)
      : text.slice(text.lastIndexOf("\n", inner.start) + 1, inner.start).replace(/\S.*$/, "") + text.slice(inner.start, inner.end);
  const { line, column } = callee.property.loc.start;
  return { line, column, source: dedented(within) };
}

/** Without empty lines around it, and without the first line's indentation anywhere. */
function dedented(text: string): string {
  const lines = text
    .replace(/^(?:[ \t]*\r?\n)+/, "")
    .trimEnd()
    .split(/\r?\n/);
  const margin = /^[ \t]*/.exec(lines[0] ?? "")![0].length;
  return lines
    .map((line) => line.slice(Math.min(margin, /^[ \t]*/.exec(line)![0].length)))
    .join("\n")
    .trim();
}

/** Where in a file the caller of the caller stands, by a stack; undefined if the stack does not pass through the file. */
export function callSite(stack: string, file: { readonly url: string; readonly path: string }): { readonly line: number; readonly column: number } | undefined {
  for (const frame of stack.split("\n")) {
    const [, place, line, column] = /(?:\(|at (?:async )?)((?:file:\/\/|\/|[A-Za-z]:).*?):(\d+):(\d+)\)?$/.exec(frame.trim()) ?? [];
    if (place === file.url || place === file.path) return { line: Number(line), column: Number(column) - 1 };
  }
  return undefined;
}
