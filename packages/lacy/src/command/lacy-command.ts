import { createRequire } from "node:module";
import { defineCommand, runCommand, showUsage, type ArgsDef, type CommandDef, type Resolvable } from "citty";
import { flagNames, refuseStray, systemReason } from "@lab/tensor-core/report";
import { evaluatingCommands } from "./evaluating.ts";
import { preparingCommands } from "./preparing.ts";
import { trainingCommands } from "./training.ts";
import { writingCommands } from "./writing.ts";

const subCommands = { ...preparingCommands, ...trainingCommands, ...evaluatingCommands, ...writingCommands };
const main: CommandDef<ArgsDef> = defineCommand({
  meta: { name: "lacy", description: "Small language models that know when to call a bigger one" },
  subCommands,
});

/** Runs the command with its words; the exit code: 0, 2 for a mistake of the caller, told in one line, or 130 for work that Ctrl-C interrupted. */
export async function ended(words: readonly string[]): Promise<number> {
  const flags = words.includes("--") ? words.slice(0, words.indexOf("--")) : words;
  const [name = ""] = words;
  const named = await resolved(Object.entries(subCommands).find(([each]) => each === name)?.[1]);
  try {
    if (name === "--version") {
      console.log(version());
      return 0;
    }
    if (named === undefined && name !== "" && !isHelp(name))
      throw new Error(`Cannot run lacy ${name}: expected one of ${Object.keys(subCommands).join(", ")}; see lacy --help`);
    if (words.length === 0 || flags.some(isHelp)) {
      await (named === undefined ? showUsage(main) : showUsage(await shown(named), main));
      return 0;
    }
    await refuseStray(words, { program: "lacy", commands: subCommands });
    await runCommand(main, { rawArgs: [...words] });
    return 0;
  } catch (error) {
    // A caller's mistake is one line, not a trace.
    const where = error instanceof Error && "path" in error && typeof error.path === "string" ? `Cannot use ${error.path}: ` : "";
    const told = `${where}${systemReason(error)}`.split("\n", 1)[0]!;
    console.error(told);
    return told.startsWith("Interrupted at") ? 130 : 2;
  }
}

function isHelp(word: string): boolean {
  return word === "--help" || word === "-h";
}

function version(): string {
  const { version: found } = createRequire(import.meta.url)("@lab/lacy/package.json") as { readonly version: string };
  return found;
}

/** A command whose help has the names of flags as they are written. */
async function shown<Args extends ArgsDef>(command: CommandDef<Args>): Promise<CommandDef<ArgsDef>> {
  const flags = Object.entries((await resolved(command.args)) ?? {}).map(([flag, how]) => {
    const [name = flag, ...others] = flagNames(flag, how);
    const description = others.length === 0 ? how.description : `${how.description ?? ""}; also ${others.map((each) => `--${each}`).join(", ")}`;
    const alias: string[] = [];
    const valueHint = how.valueHint ?? name;
    return [name, { ...how, alias, valueHint, ...(description !== undefined && { description }) }] as const;
  });
  const meta = await resolved(command.meta);
  return { ...(meta !== undefined && { meta }), args: Object.fromEntries(flags) };
}

/** citty lets what it is given be a value, a promise or a function of either. */
async function resolved<T extends object>(value: Resolvable<T> | undefined): Promise<T | undefined> {
  return typeof value === "function" ? value() : value;
}
