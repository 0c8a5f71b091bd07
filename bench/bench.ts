import { availableParallelism } from "node:os";
import { parseArgs, renderUsage, type ArgsDef } from "citty";
import { terminalTable } from "@lab/tensor-core/report";
import { CHECKS, type Check } from "./checks/checks.ts";
import { contest, type Result } from "./harness/contest.ts";
import { ours, peer, PEERS, type Peer } from "./harness/launches.ts";
import { machine } from "./harness/machine.ts";
import { python } from "./harness/python.ts";
import { keep, type Record } from "./harness/results.ts";
import { scores } from "./harness/scores.ts";
import { GROUPS, WORKS } from "./work/works.ts";

/** A name, or all of the group that it names. */
const named = (name: string): readonly string[] => (GROUPS.includes(name) ? names.filter((each) => each === name || each.startsWith(`${name}-`)) : [name]);

const names = [...WORKS.map(({ name }) => name), ...Object.keys(CHECKS)];

const flags: ArgsDef = {
  rounds: { type: "string", default: "15", valueHint: "N", description: "How often each contestant has its turn" },
  threads: { type: "string", default: String(Math.min(2, availableParallelism())), valueHint: "N", description: "Threads of every contestant" },
  turn: { type: "string", default: "0.3", valueHint: "SECONDS", description: "How long a turn lasts, about" },
  "only-ours": { type: "boolean", description: "Without the peers" },
  json: { type: "boolean", description: "Print one JSON object as the last line, and no tables" },
  keep: { type: "boolean", default: true, negativeDescription: "Write no file to bench/results", description: "Write a file to bench/results" },
  help: { type: "boolean", alias: "h", description: "Show this" },
};

type Options = {
  readonly rounds: number;
  readonly threads: number;
  readonly turn: number;
  readonly onlyOurs: boolean;
  readonly json: boolean;
  readonly keeps: boolean;
  readonly names: readonly string[];
};

function numeric(name: string, given: unknown, whole: boolean): number {
  const value = Number(given);
  if (!(value > 0 && Number.isFinite(value) && (!whole || Number.isInteger(value))))
    throw new RangeError(`Cannot bench: --${name} must be a positive ${whole ? "whole " : ""}number, got ${String(given)}`);
  return value;
}

function options(argv: readonly string[]): Options | "help" {
  const given = parseArgs([...argv], flags) as { readonly [name: string]: unknown; readonly _: readonly string[] };
  if (given["help"] === true) return "help";
  const chosen = given._.flatMap(named);
  const stray = chosen.find((name) => !names.includes(name));
  if (stray !== undefined) throw new RangeError(`Cannot bench "${stray}": expected ${[...names, ...GROUPS].join(", ")}`);
  const unknown = Object.keys(given).find((name) => name !== "_" && name !== "h" && !(name.replaceAll(/[A-Z]/g, (c) => `-${c.toLowerCase()}`) in flags));
  if (unknown !== undefined)
    throw new RangeError(
      `Cannot bench: --${unknown} is not one of ${Object.keys(flags)
        .map((name) => `--${name}`)
        .join(", ")}`,
    );
  return {
    rounds: numeric("rounds", given["rounds"], true),
    threads: numeric("threads", given["threads"], true),
    turn: numeric("turn", given["turn"], false),
    onlyOurs: given["only-ours"] === true,
    json: given["json"] === true,
    keeps: given["keep"] !== false,
    names: chosen.length > 0 ? [...new Set(chosen)] : names,
  };
}

/** A line that the next one replaces, where there is a terminal. */
function tell(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${line}`);
}

async function bench({ rounds, threads, turn, onlyOurs, json, keeps, names: chosen }: Options): Promise<void> {
  const before = machine();
  const found = onlyOurs ? { missing: "not asked for" } : await python((line) => process.stderr.write(`${line}\n`));
  const missing = "missing" in found ? found.missing : undefined;
  if (missing !== undefined && !json) process.stdout.write(`Without peers: ${missing}\n\n`);
  const peers = "missing" in found ? [] : (Object.keys(PEERS) as Peer[]).map((name) => peer(name, found, threads));

  const results: Result[] = [];
  const checks: { [name: string]: object } = {};
  for (const name of chosen) {
    const check: Check | undefined = CHECKS[name];
    if (check !== undefined) {
      tell(name);
      const { report, text } = await check({ threads });
      checks[name] = report;
      tell("");
      if (!json) process.stdout.write(`${text}\n\n`);
      continue;
    }
    const work = WORKS.find((each) => each.name === name)!;
    const result = await contest(work, [ours(threads), ...peers.filter(({ name: each }) => work.peers?.includes(each as Peer) ?? true)], {
      rounds,
      turn,
      progress: (line) => tell(`${name}: ${line}`),
    });
    results.push(result);
    tell("");
    if (!json) process.stdout.write(`${await terminalTable(scores(result, work.goals, work.tokens))}\n\n`);
  }

  const record: Record = { date: new Date().toISOString(), machine: before, threads, rounds, ...(missing !== undefined && { missing }), results, checks };
  const label = chosen === names ? "all" : chosen.join("-");
  if (keeps) await keep(record, label);
  if (json) process.stdout.write(`${JSON.stringify(record)}\n`);
}

try {
  const chosen = options(process.argv.slice(2));
  if (chosen === "help")
    process.stdout.write(
      `${await renderUsage({ meta: { name: "bench", description: `Ours against PyTorch and JAX, round by round. Names: ${names.join(", ")}` }, args: flags })}\n`,
    );
  else await bench(chosen);
} catch (error) {
  tell("");
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = error instanceof RangeError ? 2 : 1;
}
