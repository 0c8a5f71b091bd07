import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agreement } from "../harness/agreement.ts";
import { contestant } from "../harness/contestant.ts";
import { interleave } from "../harness/interleave.ts";
import { ours } from "../harness/launches.ts";
import { readable } from "../harness/scores.ts";
import { ratio, spread } from "../harness/spread.ts";
import type { Finding } from "./checks.ts";

/** The whole ladder at once should be so many times as fast as its rungs one after another. */
const LEAST = 3;
const ROUNDS = 7;
const TEMPERATURES = 16;
/** Sums over a sample in another order, by chains that stand elsewhere in a wide product. */
const SAME = { relative: 1e-5, absolute: 1e-3 };
const SIZES = [
  { n: 100, chains: 1 },
  { n: 500, chains: 2 },
  { n: 2000, chains: 8 },
] as const;

/** A trajectory of every chain on 16 temperatures in one call against 16 calls, at the same draws, from small samples to a large one. */
export async function ladder({ threads }: { readonly threads: number }): Promise<Finding> {
  const report: { [size: string]: object } = {};
  const lines: string[] = [];
  for (const size of SIZES) {
    const folder = await mkdtemp(join(tmpdir(), "lab-bench-"));
    const [together, apart] = [contestant({ ...ours(threads), name: "at once" }), contestant({ ...ours(threads), name: "one after another" })];
    try {
      const settings = { ...size, priorScale: 0.05, lambda: 4, stepSize: 0.02, leapfrogSteps: 8, temperatures: TEMPERATURES, xla: 1 };
      const task = { work: "hmc-ladder", module: "rungs", inputs: join(folder, "inputs.safetensors") };
      await together.write({ ...task, settings: { ...settings, together: 1 } });
      const { values } = await together.ready({ ...task, settings: { ...settings, together: 1 } });
      agreement("one after another", (await apart.ready({ ...task, settings: { ...settings, together: 0 } })).values, values, SAME);
      const laps = await interleave([together, apart], { rounds: ROUNDS });
      const [once, each] = [laps.get("at once")!.seconds, laps.get("one after another")!.seconds];
      const gain = ratio(each, once);
      report[`n = ${size.n}, ${size.chains} chains`] = { together: once, apart: each, ratio: gain, goal: LEAST };
      lines.push(
        `hmc-ladder: ${TEMPERATURES} temperatures × ${size.chains} chains, n = ${size.n}: at once ${readable(spread(once).median)}, one after another ${readable(spread(each).median)}, ratio ${gain.median.toFixed(2)} (${gain.low.toFixed(2)}–${gain.high.toFixed(2)}), at least ${LEAST} ${gain.median >= LEAST ? "✓" : "✗"}`,
      );
    } finally {
      await Promise.all([together.end(), apart.end()]);
      await rm(folder, { recursive: true, force: true });
    }
  }
  return { report, text: lines.join("\n") };
}
