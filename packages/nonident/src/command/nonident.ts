import { createRequire } from "node:module";
import { defineCommand, runCommand, runMain } from "citty";
import { refuseStray } from "@lab/tensor-core/report";
import { equivalentCommand } from "./equivalent.ts";
import { klCommand } from "./kl.ts";
import { languagesCommand } from "./languages.ts";
import { probeCommand } from "./probe.ts";

const subCommands = { kl: klCommand, equivalent: equivalentCommand, probe: probeCommand, languages: languagesCommand };
const main = defineCommand({
  meta: { name: "nonident", description: "How far two language models are apart, whether they are equivalent, what they do, and the languages to try them on" },
  subCommands,
});

/** Does what the words of a command line say. */
export async function nonident(words: readonly string[]): Promise<void> {
  const rawArgs = [...words];
  const help = rawArgs.length === 0 || ["--help", "-h"].some((flag) => rawArgs.includes(flag));
  if (help) return runMain(main, { rawArgs: rawArgs.length === 0 ? ["--help"] : rawArgs });
  if (words[0] === "--version") return console.log(version());
  process.once("SIGINT", interrupted);
  try {
    await refuseStray(words, { program: "nonident", commands: subCommands });
    await runCommand(main, { rawArgs });
  } catch (error) {
    // A caller's mistake is one line, not a trace.
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
  } finally {
    process.removeListener("SIGINT", interrupted);
  }
}

/** No command keeps anything: what is under way may end where it is. */
function interrupted(): never {
  console.error("Interrupted; nothing is kept");
  process.exit(130);
}

function version(): string {
  const { version: found } = createRequire(import.meta.url)("@lab/nonident/package.json") as { readonly version: string };
  return found;
}
