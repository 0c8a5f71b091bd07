import { defineCommand, runCommand, showUsage, type ArgsDef, type CommandDef, type Resolvable } from "citty";
import { evaluatingCommands } from "./evaluating.ts";
import { preparingCommands } from "./preparing.ts";
import { trainingCommands } from "./training.ts";
import { writingCommands } from "./writing.ts";

const subCommands = { ...preparingCommands, ...trainingCommands, ...evaluatingCommands, ...writingCommands };
const main: CommandDef<ArgsDef> = defineCommand({
  meta: { name: "lacy", description: "Small language models that know when to call a bigger one" },
  subCommands,
});

/** Runs the command with its words; the exit code: 0, or 2 for a mistake of the caller, told in one line. */
export async function ended(words: readonly string[]): Promise<number> {
  const flags = words.includes("--") ? words.slice(0, words.indexOf("--")) : words;
  const named = await resolved(Object.entries(subCommands).find(([name]) => name === words[0])?.[1]);
  if (words.length === 0 || flags.some((flag) => flag === "--help" || flag === "-h")) {
    await (named === undefined ? showUsage(main) : showUsage(named, main));
    return 0;
  }
  try {
    if (named !== undefined) refuseStray(flags, { name: words[0]!, known: (await resolved(named.args)) ?? {} });
    await runCommand(main, { rawArgs: [...words] });
    return 0;
  } catch (error) {
    // A caller's mistake is one line, not a trace.
    console.error(error instanceof Error ? error.message : String(error));
    return 2;
  }
}

/** citty takes no notice of a flag that it does not know: a slip of the pen would train with the default. */
function refuseStray(flags: readonly string[], { name, known }: { readonly name: string; readonly known: ArgsDef }): void {
  const all = new Set(Object.entries(known).flatMap(([flag, how]) => [flag, ("alias" in how && how.alias) || []].flat().map(dashed)));
  const stray = flags.find((flag) => /^--?[a-z]/iu.test(flag) && !all.has(dashed(flag.replace(/^--?/u, "").replace(/=.*/su, ""))));
  if (stray !== undefined) throw new Error(`Cannot run lacy ${name}: there is no ${stray}; see lacy ${name} --help`);
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
}

/** citty lets what it is given be a value, a promise or a function of either. */
async function resolved<T extends object>(value: Resolvable<T> | undefined): Promise<T | undefined> {
  return typeof value === "function" ? value() : value;
}
