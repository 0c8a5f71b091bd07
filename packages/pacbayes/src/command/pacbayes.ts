import { createRequire } from "node:module";
import { defineCommand, runCommand, showUsage, type CommandDef, type SubCommandsDef } from "citty";
import { refuseStray } from "@lab/tensor-core/report";
import { boundCommand } from "./bound.ts";
import { certifyCommand, certifyCommands } from "./certify.ts";

/** Commands under one name, as a user writes it. */
type Program = { readonly program: string; readonly commands: SubCommandsDef; readonly help: CommandDef };

const commands: SubCommandsDef = { bound: boundCommand, certify: certifyCommand };
const pacbayesProgram: Program = {
  program: "pacbayes",
  commands,
  help: defineCommand({ meta: { name: "pacbayes", description: "PAC-Bayes bounds and certificates from their numbers" }, subCommands: commands }),
};
const certifyProgram: Program = { program: "pacbayes certify", commands: certifyCommands, help: certifyCommand };

/** Does what the words of a command line say; a caller's mistake is told in one line, with exit code 2. */
export async function pacbayes(words: readonly string[]): Promise<void> {
  try {
    await (words[0] === "certify" ? done(certifyProgram, words.slice(1)) : done(pacbayesProgram, words));
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error);
    // A message may quote a file.
    console.error(told.replaceAll(/\s+/gu, " "));
    process.exitCode = 2;
  }
}

async function done({ program, commands, help }: Program, words: readonly string[]): Promise<void> {
  const [name = "", ...rawArgs] = words;
  if (program === "pacbayes" && name === "--version") return console.log(version());
  const found = Object.hasOwn(commands, name) ? commands[name] : undefined;
  const command = await (typeof found === "function" ? found() : found);
  if (command === undefined && name !== "" && !isHelp(name))
    throw new RangeError(`Cannot run ${program} ${name}: expected one of ${Object.keys(commands).join(", ")}; see ${program} --help`);
  if (command === undefined) return showUsage({ ...help, meta: { ...(await help.meta), name: program } });
  if (rawArgs.some(isHelp)) return showUsage(command, { meta: { name: program } });
  await refuseStray(words, { program, commands });
  await runCommand(command, { rawArgs });
}

function isHelp(word: string): boolean {
  return word === "--help" || word === "-h";
}

function version(): string {
  const { version: found } = createRequire(import.meta.url)("@lab/pacbayes/package.json") as { readonly version: string };
  return found;
}
