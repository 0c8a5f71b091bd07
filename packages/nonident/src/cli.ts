#!/usr/bin/env node
import { defineCommand, runCommand, runMain } from "citty";
import { equivalentCommand } from "./command/equivalent.ts";
import { klCommand } from "./command/kl.ts";
import { languagesCommand } from "./command/languages.ts";
import { probeCommand } from "./command/probe.ts";

const main = defineCommand({
  meta: { name: "nonident", description: "How far two language models are apart, whether they are equivalent, what they do, and the languages to try them on" },
  subCommands: { kl: klCommand, equivalent: equivalentCommand, probe: probeCommand, languages: languagesCommand },
});

const help = ["--help", "-h"].some((flag) => process.argv.includes(flag)) || process.argv.length <= 2;
if (help) await runMain(main);
else
  await runCommand(main, { rawArgs: process.argv.slice(2) }).catch((error: unknown) => {
    // A caller's mistake is one line, not a trace.
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
  });
