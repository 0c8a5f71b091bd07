import { significant, table, type Table, type Value } from "@lab/tensor-core/report";
import type { Result, Standing } from "./contest.ts";
import type { Peer } from "./launches.ts";
import type { Spread } from "./spread.ts";
import type { Work } from "../work/works.ts";

type Goals = Work["goals"];

/** Seconds in the unit that reads best. */
export function readable(seconds: number): string {
  const [factor, unit] = seconds >= 1 ? [1, "s"] : seconds >= 1e-3 ? [1e3, "ms"] : [1e6, "µs"];
  return `${significant(seconds * factor, 3)} ${unit}`;
}

/** Two decimals, and the quartiles in brackets. */
function withQuartiles({ median, low, high }: Spread): string {
  return `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}

/** A ratio's goal, and whether the median reaches it. */
function goal(standing: Standing, goals: Goals): string {
  const least = goals[standing.name as Peer];
  if (least === undefined || standing.ratio === undefined) return "";
  return `≥ ${least} ${standing.ratio.median >= least ? "✓" : "✗"}`;
}

/** A table of one work: a row for each contestant. */
export function scores(result: Result, goals: Goals, tokens?: number): Table {
  const rows = result.standings.map((standing): { readonly [name: string]: Value } => ({
    contestant: standing.name,
    time: readable(standing.seconds.median),
    quartiles: `${readable(standing.seconds.low)} – ${readable(standing.seconds.high)}`,
    ...(tokens === undefined ? {} : { rate: Math.round(tokens / standing.seconds.median) }),
    processor: readable(standing.processor.median),
    ratio: standing.ratio === undefined ? "" : withQuartiles(standing.ratio),
    goal: goal(standing, goals),
    memory: `${Math.round(standing.peakMemory / 2 ** 20)} MiB`,
    prepared: readable(standing.prepareSeconds),
  }));
  const columns = {
    contestant: { header: "" },
    time: {},
    quartiles: {},
    ...(tokens === undefined ? {} : { rate: { header: "tokens/s" } }),
    processor: {},
    ratio: { header: "theirs / ours" },
    goal: {},
    memory: { header: "peak memory" },
    prepared: { header: "first result" },
  };
  return table(rows, { caption: `${result.work}: ${result.title}`, columns });
}
