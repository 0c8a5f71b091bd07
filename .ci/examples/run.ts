import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";
import { allBlocks, type Block } from "./blocks.ts";
import { folderOf } from "./folder.ts";
import { matches, shown } from "./matches.ts";
import { exampleModule } from "./module.ts";

declare global {
  /** Called by every example with what it promises. */
  var labExample: (place: string, promised: string, value: unknown) => void;
}

const TIMEOUT_MS = 60_000;

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "string" }, help: { type: "boolean" } } });
if (options.help) {
  console.log("Usage: examples [--json FILE] [path…]   Runs the examples of docstrings, READMEs and guides; paths choose files by their beginning.");
  process.exit(0);
}

const root = join(import.meta.dirname, "../..");
const blocks = allBlocks(root).filter(({ file }) => positionals.length === 0 || positionals.some((path) => file.startsWith(path)));
const folders = new Set(blocks.map(folderOf));
const failures: string[] = [];
const failed = new Set<Block>();
const complain = (block: Block, message: string): void => {
  failed.add(block);
  failures.push(message);
};

try {
  for (const folder of folders) mkdirSync(join(root, folder), { recursive: true });
  await startEngine();
  for (const [i, block] of blocks.entries()) await runBlock(block, i);
} finally {
  for (const folder of folders) rmSync(join(root, folder), { recursive: true, force: true });
}
for (const failure of failures) console.log(failure);
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify({ passed: blocks.length - failed.size, failed: failed.size }));
console.log(`${blocks.length - failed.size} examples passed, ${failed.size} failed`);
process.exit(failed.size > 0 || blocks.length === 0 ? 1 : 0);

/** Every example runs on the engine that `LAB_ENGINE` or the machine decides. */
async function startEngine(): Promise<void> {
  const file = join(root, "docs/.examples/engine.ts");
  mkdirSync(dirname(file), { recursive: true });
  folders.add("docs/.examples");
  writeFileSync(file, `import { engine } from "@lab/tensor-core";\nconsole.log((await engine()).line);\n`);
  await import(pathToFileURL(file).href);
}

async function runBlock(block: Block, i: number): Promise<void> {
  const place = `${block.file}:${block.line}`;
  let seen = 0;
  globalThis.labExample = (where, promised, value) => {
    seen++;
    if (!matches(value, promised)) complain(block, `${where} expected ${promised}\n${" ".repeat(where.length)} got      ${shown(value)}`);
  };
  const log = console.log;
  console.log = () => {};
  try {
    const { code, values } = exampleModule(block);
    const file = join(root, folderOf(block), `example-${i}.ts`);
    writeFileSync(file, code);
    await within(import(pathToFileURL(file).href), place);
    if (seen < values) complain(block, `${place} only ${seen} of its ${values} values were reached`);
  } catch (error) {
    complain(
      block,
      error instanceof SyntaxError && error.message.startsWith(block.file)
        ? error.message
        : `${place} threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`,
    );
  } finally {
    console.log = log;
  }
}

async function within(work: Promise<unknown>, place: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${place} took more than ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
