import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contestant } from "../harness/contestant.ts";
import { interleave } from "../harness/interleave.ts";
import { ours } from "../harness/launches.ts";
import { readable } from "../harness/scores.ts";
import { ratio, spread } from "../harness/spread.ts";
import { WORKS } from "../work/works.ts";
import type { Finding } from "./checks.ts";

/** A step of the algorithm may take so many times what its base takes. */
const MOST = { sam: 2.05, mfvi: 1.25 } as const;
const NETWORKS = ["mlp", "lenet"] as const;
const ROUNDS = 15;

/** A step of SAM and one of mean-field VI against one of their base optimiser, round by round, on both networks at batches of 128. */
export async function samStep({ threads }: { readonly threads: number }): Promise<Finding> {
  const report: { [network: string]: object } = {};
  const lines: string[] = [];
  for (const network of NETWORKS) {
    const folder = await mkdtemp(join(tmpdir(), "lab-bench-"));
    const works = { base: `sam-base-${network}`, sam: `sam-${network}`, mfvi: `sam-mfvi-${network}` };
    const contestants = Object.keys(works).map((name) => contestant({ ...ours(threads), name }));
    try {
      for (const [i, work] of Object.values(works).entries()) {
        const { module, settings } = WORKS.find(({ name }) => name === work)!;
        const task = { work, module, settings, inputs: join(folder, `${work}.safetensors`) };
        await contestants[i]!.write(task);
        await contestants[i]!.ready(task);
      }
      const laps = await interleave(contestants, { rounds: ROUNDS });
      const base = laps.get("base")!.seconds;
      const costs = Object.entries(MOST).map(([name, goal]) => {
        const own = laps.get(name)!.seconds;
        const cost = ratio(own, base);
        const verdict = `at most ${goal} ${cost.median <= goal ? "✓" : "✗"}`;
        lines.push(
          `sam-step: ${network}, ${name} ${readable(spread(own).median)}, base ${readable(spread(base).median)}, ratio ${cost.median.toFixed(2)} (${cost.low.toFixed(2)}–${cost.high.toFixed(2)}), ${verdict}`,
        );
        return [name, { seconds: own, ratio: cost, goal }] as const;
      });
      report[network] = { base, ...Object.fromEntries(costs) };
    } finally {
      await Promise.all(contestants.map((each) => each.end()));
      await rm(folder, { recursive: true, force: true });
    }
  }
  return { report, text: lines.join("\n") };
}
