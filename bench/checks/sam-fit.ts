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

/** Inside `fit`, SAM may take so many times what its base takes. */
const MOST = 2.1;
const ROUNDS = 15;
const NETWORKS = ["mlp", "lenet"] as const;
/** Float32 in the same order: the first losses of both are of the same weights. */
const SAME = { relative: 1e-6, absolute: 1e-7 };

/** `LayersModel.fit` with `sam(momentum)` against the same with momentum alone, round by round, on both networks at batches of 128. */
export async function samFit({ threads }: { readonly threads: number }): Promise<Finding> {
  const report: { [network: string]: object } = {};
  const lines: string[] = [];
  for (const [network, name] of NETWORKS.entries()) {
    const folder = await mkdtemp(join(tmpdir(), "lab-bench-"));
    const [plain, sam] = [contestant({ ...ours(threads), name: "plain" }), contestant({ ...ours(threads), name: "sam" })];
    try {
      const settings = { network, batch: 128, batches: 8 };
      const task = { work: `sam-fit-${name}`, module: "sam-fit", inputs: join(folder, "inputs.safetensors") };
      await plain.write({ ...task, settings: { ...settings, perturbed: 0 } });
      const before = await plain.ready({ ...task, settings: { ...settings, perturbed: 0 } });
      agreement("sam", (await sam.ready({ ...task, settings: { ...settings, perturbed: 1 } })).values, before.values, SAME);
      const laps = await interleave([plain, sam], { rounds: ROUNDS });
      const [base, both] = [laps.get("plain")!.seconds, laps.get("sam")!.seconds];
      const cost = ratio(both, base);
      report[name] = { plain: base, sam: both, ratio: cost, goal: MOST };
      lines.push(
        `sam-fit: ${name}, an epoch of 8 batches by SAM ${readable(spread(both).median)}, by its base ${readable(spread(base).median)}, ratio ${cost.median.toFixed(2)} (${cost.low.toFixed(2)}–${cost.high.toFixed(2)}), at most ${MOST} ${cost.median <= MOST ? "✓" : "✗"}`,
      );
    } finally {
      await Promise.all([plain.end(), sam.end()]);
      await rm(folder, { recursive: true, force: true });
    }
  }
  return { report, text: lines.join("\n") };
}
