import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gates } from "./gates.ts";
import { execute } from "./runner/execute.ts";
import type { Gate, Outcome } from "./runner/gate.ts";
import { schedule } from "./runner/schedule.ts";
import { statusLine } from "./runner/status-line.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    slow: { type: "boolean" },
    json: { type: "boolean" },
    list: { type: "boolean" },
    help: { type: "boolean" },
  },
});
if (options.help) {
  console.log(`Usage: npm run check -- [--only NAME]… [--slow] [--json] [--list]

  --only NAME  runs this gate, after what it needs; may be given several times, or as a list with commas
  --slow       runs the slow gates too
  --json       one JSON object as the last line but one
  --list       names the gates and says what each makes sure of
`);
  process.exit(0);
}
if (options.list) {
  for (const { name, says, slow } of gates) console.log(`${name.padEnd(14)} ${says}${slow ? " (slow)" : ""}`);
  process.exit(0);
}

const root = join(import.meta.dirname, "..");
mkdirSync(join(root, "node_modules/.cache"), { recursive: true });
const chosen = selected(options.only?.flatMap((names) => names.split(",")));
const start = performance.now();
const outcomes = await run(chosen);

const failed = outcomes.filter(({ status }) => status !== "passed");
for (const { gate, output, status } of failed) {
  if (status === "failed") console.log(`\n── ${gate.name}: ${gate.command.join(" ")}\n${output}`);
}
const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((total, outcome) => total + of(outcome), 0);
console.log(`\n${outcomes.length - failed.length} of ${outcomes.length} gates passed in ${((performance.now() - start) / 1000).toFixed(0)} s`);
if (options.json)
  console.log(
    JSON.stringify({
      gates: outcomes.map(({ gate: { name }, status, seconds, passed, failed: n }) => ({
        name,
        status,
        seconds: Number(seconds.toFixed(2)),
        passed,
        failed: n,
      })),
    }),
  );
console.log(`${sum((outcome) => outcome.passed)} passed, ${sum((outcome) => outcome.failed)} failed`);
process.exit(failed.length > 0 ? 1 : 0);

/** The gates asked for, with what they need. */
function selected(names: readonly string[] | undefined): readonly Gate[] {
  if (names === undefined) return gates.filter(({ slow }) => options.slow || !slow);
  const unknown = names.find((name) => !gates.some((gate) => gate.name === name));
  if (unknown !== undefined) {
    console.error(`Cannot run the gate "${unknown}": expected one of ${gates.map(({ name }) => name).join(", ")}`);
    process.exit(2);
  }
  const wanted = new Set(names);
  for (const { name, needs = [] } of gates.toReversed()) if (wanted.has(name)) for (const need of needs) wanted.add(need);
  return gates.filter(({ name }) => wanted.has(name));
}

/** Runs the gates, printing a line for each that ends. */
async function run(wanted: readonly Gate[]): Promise<Outcome[]> {
  using line = statusLine();
  return await schedule(wanted, {
    slots: Math.min(2, availableParallelism()),
    execute(gate) {
      line.start(gate.name);
      return execute(gate, { root }).finally(() => line.end(gate.name));
    },
    report: (outcome) => line.print(verdict(outcome)),
  });
}

function verdict({ gate: { name, says }, status, seconds, passed, failed: wrong }: Outcome): string {
  const mark = status === "passed" ? "✓" : status === "failed" ? "✗" : "–";
  const tests = passed + wrong > 1 ? ` (${passed} passed, ${wrong} failed)` : "";
  return `${mark} ${name.padEnd(14)} ${`${seconds.toFixed(1)} s`.padStart(8)}  ${says}${tests}`;
}
