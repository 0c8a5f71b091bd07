import { existsSync, readFileSync, readdirSync } from "node:fs";
import { certificateProblems } from "./smoke/certificate.ts";
import { comparisonProblems } from "./smoke/comparison.ts";
import { delegationProblems } from "./smoke/delegation.ts";
import { inContextProblems } from "./smoke/in-context.ts";
import { orbitProblems } from "./smoke/orbit.ts";
import { rulesProblems } from "./smoke/rules.ts";

/** Checks what an example left behind: its log, whose last line is JSON, and the folder of its report. */
const PROBLEMS: Readonly<Record<string, (line: string) => string[]>> = {
  "pacbayes-mnist": certificateProblems,
  "sam-vi-mnist": comparisonProblems,
  "lacy-pretrain": delegationProblems,
  "nonident-finetune": orbitProblems,
  "nonident-icl": inContextProblems,
  "nonident-rules": rulesProblems,
};

const [log, out, example = "pacbayes-mnist"] = process.argv.slice(2);
const problemsOf = PROBLEMS[example];
if (log === undefined || out === undefined || problemsOf === undefined) {
  console.error(`Usage: smoke LOG FOLDER [${Object.keys(PROBLEMS).join("|")}]`);
  process.exit(2);
}
const last = existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n").at(-1)! : "";
const reports = existsSync(out) ? readdirSync(out, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".html")) : [];
const problems = [...problemsOf(last), ...(reports.length === 0 ? [`The folder of --out holds no report: expected an HTML file`] : [])];
for (const problem of problems) console.log(problem);
process.exit(problems.length > 0 ? 1 : 0);
