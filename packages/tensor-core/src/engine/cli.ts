#!/usr/bin/env node
import { defineCommand, runMain, type ArgsDef } from "citty";
import { enginesFolder } from "./cache-folder.ts";
import { doctor } from "./doctor.ts";
import { remove } from "./remove.ts";
import { setup } from "./setup.ts";

const json = { json: { type: "boolean", description: "Print one JSON object" } } satisfies ArgsDef;

const installCommand = defineCommand({
  meta: {
    name: "install",
    description: "Put the native engine into the cache: from TensorFlow's pip wheel, else by tfjs-node's own script; else say what is missing",
  },
  args: {
    force: { type: "boolean", description: "Install again what is there already" },
    quiet: { type: "boolean", description: "Say nothing unless there is work to do" },
    optional: { type: "boolean", description: "End well whatever happens: programs then run on WebAssembly" },
    ...json,
  },
  async run({ args }) {
    const outcome = await setup({ force: args.force === true, shown: !args.json, quiet: args.quiet === true });
    if (args.json) console.log(JSON.stringify(outcome));
    if (outcome.status === "failed" && !args.optional) process.exitCode = 1;
  },
});

const doctorCommand = defineCommand({
  meta: { name: "doctor", description: "Say what is there, what is missing and how to get it; compares every byte with its checksum" },
  args: json,
  async run({ args }) {
    const report = await doctor();
    if (args.json) console.log(JSON.stringify(report));
    else {
      for (const { ok, name, says, get } of report.checks) {
        console.log(`${ok ? "ok    " : "not ok"}  ${name}: ${says}`);
        if (!ok && get !== undefined) console.log(`        get it: ${get}`);
      }
      console.log(`\nThe engine here: ${report.line}`);
    }
    if (!report.ok) process.exitCode = 1;
  },
});

const removeCommand = defineCommand({
  meta: { name: "remove", description: "Remove every native engine from the cache" },
  args: json,
  async run({ args }) {
    const removed = await remove();
    if (args.json) console.log(JSON.stringify({ removed }));
    else console.log(removed.length === 0 ? `Nothing to remove in ${enginesFolder()}` : removed.map((folder) => `Removed ${folder}`).join("\n"));
  },
});

const main = defineCommand({
  meta: { name: "lab-engine", description: "The native engine of @lab/tensor-core: one shared copy in a cache folder (LAB_CACHE_DIR)" },
  subCommands: { install: installCommand, doctor: doctorCommand, remove: removeCommand },
});

await runMain(main);
