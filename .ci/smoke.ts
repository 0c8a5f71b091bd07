import { existsSync, readFileSync, readdirSync } from "node:fs";
import { certificateProblems } from "./smoke/certificate.ts";

/** Checks what the main job left behind: its log, whose last line is JSON, and the folder of its report. */
const [log, out] = process.argv.slice(2);
if (log === undefined || out === undefined) {
  console.error("Usage: smoke LOG FOLDER");
  process.exit(2);
}
const last = existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n").at(-1)! : "";
const reports = existsSync(out) ? readdirSync(out, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".html")) : [];
const problems = [...certificateProblems(last), ...(reports.length === 0 ? [`The folder of --out holds no report: expected an HTML file`] : [])];
for (const problem of problems) console.log(problem);
process.exit(problems.length > 0 ? 1 : 0);
