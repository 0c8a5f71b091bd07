import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contestant } from "../harness/contestant.ts";
import { interleave } from "../harness/interleave.ts";
import { ours } from "../harness/launches.ts";
import { readable } from "../harness/scores.ts";
import { ratio, spread } from "../harness/spread.ts";
import type { Finding } from "./checks.ts";

/** LaCy's step may take so many times the plain step's. */
const MOST = 1.05;
const ROUNDS = 15;

const SETTINGS = { layers: 4, width: 128, heads: 4, time: 128, batch: 16, vocabulary: 1024, learningRate: 3e-4, weightDecay: 0.01 };

/** A step that chooses 15 % of its tokens by their losses, against the same step that chooses none, round by round. */
export async function lacyStep({ threads }: { readonly threads: number }): Promise<Finding> {
  const folder = await mkdtemp(join(tmpdir(), "lab-bench-"));
  const [plain, lacy] = [contestant({ ...ours(threads), name: "plain" }), contestant({ ...ours(threads), name: "lacy" })];
  try {
    const task = { work: "lm-lacy", module: "lacy", inputs: join(folder, "inputs.safetensors") };
    await plain.write({ ...task, settings: { ...SETTINGS, fraction: 0 } });
    await plain.ready({ ...task, settings: { ...SETTINGS, fraction: 0 } });
    await lacy.ready({ ...task, settings: { ...SETTINGS, fraction: 0.15 } });
    const laps = await interleave([plain, lacy], { rounds: ROUNDS });
    const [without, chosen] = [laps.get("plain")!.seconds, laps.get("lacy")!.seconds];
    const cost = ratio(chosen, without);
    const peaks = { plain: (await plain.memory()).peak, lacy: (await lacy.memory()).peak };
    const text = `lm-lacy: LaCy's step ${readable(spread(chosen).median)}, plain ${readable(spread(without).median)}, ratio ${cost.median.toFixed(3)} (${cost.low.toFixed(3)}–${cost.high.toFixed(3)}), at most ${MOST} ${cost.median <= MOST ? "✓" : "✗"}`;
    return { report: { plain: without, lacy: chosen, ratio: cost, goal: MOST, peakMemory: peaks }, text };
  } finally {
    await Promise.all([plain.end(), lacy.end()]);
    await rm(folder, { recursive: true, force: true });
  }
}
