#!/usr/bin/env node
import { defineCommand, runCommand, runMain } from "citty";
import { trainingCommands } from "./command/training.ts";
import { writingCommands } from "./command/writing.ts";

const main = defineCommand({
  meta: { name: "lacy", description: "Small language models that know when to call a bigger one" },
  subCommands: { ...trainingCommands, ...writingCommands },
});

const given = process.argv.slice(2);
if (given.length === 0) await runMain(main, { rawArgs: ["--help"] });
else if (given.some((flag) => flag === "--help" || flag === "-h")) await runMain(main);
else
  await runCommand(main, { rawArgs: given }).catch((error: unknown) => {
    // A caller's mistake is one line, not a trace.
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
  });
