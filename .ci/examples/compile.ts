import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { allBlocks } from "./blocks.ts";
import { folderOf } from "./folder.ts";

/** Type-checks every example as its reader would compile it: strictly, but an element of an array is there. */
const root = join(import.meta.dirname, "../..");
const { config } = ts.readConfigFile(join(root, "tsconfig.base.json"), (file) => readFileSync(file, "utf8")) as { config: { compilerOptions: object } };
const { options } = ts.convertCompilerOptionsFromJson(
  { ...config.compilerOptions, isolatedDeclarations: false, declaration: false, noUncheckedIndexedAccess: false },
  root,
);

const blocks = new Map(allBlocks(root).map((block, i) => [join(root, folderOf(block), `example-${i}.ts`), block]));
const host = ts.createCompilerHost(options);
const { fileExists, readFile, getSourceFile } = host;
const text = (file: string): string | undefined => (blocks.has(file) ? `${blocks.get(file)!.code}\nexport {};\n` : undefined);
host.fileExists = (file) => blocks.has(file) || fileExists(file);
host.readFile = (file) => text(file) ?? readFile(file);
host.getSourceFile = (file, version, ...rest) => {
  const code = text(file);
  return code === undefined ? getSourceFile(file, version, ...rest) : ts.createSourceFile(file, code, version, true);
};

const program = ts.createProgram([...blocks.keys()], options, host);
let problems = 0;
for (const [file, block] of blocks) {
  const source = program.getSourceFile(file)!;
  for (const { start = 0, messageText } of [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]) {
    problems++;
    console.log(`${block.file}:${block.line + source.getLineAndCharacterOfPosition(start).line} ${ts.flattenDiagnosticMessageText(messageText, "\n  ")}`);
  }
}
console.log(`${blocks.size} examples, ${problems} type errors`);
process.exit(problems > 0 || blocks.size === 0 ? 1 : 0);
