#!/usr/bin/env node
import { defineCommand, runCommand, runMain } from "citty";
import { boundCommand } from "./command/bound.ts";
import { certifyCommand } from "./command/certify.ts";

const main = defineCommand({
  meta: { name: "pacbayes", description: "PAC-Bayes bounds and certificates from their numbers" },
  subCommands: { bound: boundCommand, certify: certifyCommand },
});

const given = process.argv.slice(2);
// A command without its own words wants to know what they are.
const bare = given.length === 0 || (given.length === 1 && given[0] === "certify");
if (bare) await runMain(main, { rawArgs: [...given, "--help"] });
else if (given.some((flag) => flag === "--help" || flag === "-h")) await runMain(main);
else
  await runCommand(main, { rawArgs: given }).catch((error: unknown) => {
    // A caller's mistake is one line, not a trace.
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
  });
