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

/** All members at once should be so many times as fast as one after another. */
const LEAST = 6;
const ROUNDS = 5;

/** A step of 16 networks in one call against a step of one, times 16; that members learn alike in company is a test of the library. */
export async function membersTogether({ threads }: { readonly threads: number }): Promise<Finding> {
  const { settings, module } = WORKS.find(({ name }) => name === "probes-ensemble")!;
  const members = settings["members"]!;
  const folder = await mkdtemp(join(tmpdir(), "lab-bench-"));
  const all = [members, 1].map((count) => ({ who: contestant({ ...ours(threads), name: count === 1 ? "one" : "all" }), count }));
  try {
    for (const { who, count } of all) {
      const task = { work: "probes-together", module, inputs: join(folder, `inputs-${count}.safetensors`), settings: { ...settings, members: count } };
      await who.write(task);
      await who.ready(task);
    }
    const laps = await interleave(
      all.map(({ who }) => who),
      { rounds: ROUNDS },
    );
    const [together, apart] = [laps.get("all")!.seconds, laps.get("one")!.seconds.map((seconds) => seconds * members)];
    const gain = ratio(apart, together);
    return {
      report: { together, apart, ratio: gain, goal: LEAST },
      text: `probes-together: a step of ${members} networks at once ${readable(spread(together).median)}, one after another ${readable(spread(apart).median)}, ratio ${gain.median.toFixed(2)} (${gain.low.toFixed(2)}–${gain.high.toFixed(2)}), at least ${LEAST} ${gain.median >= LEAST ? "✓" : "✗"}`,
    };
  } finally {
    await Promise.all(all.map(({ who }) => who.end()));
    await rm(folder, { recursive: true, force: true });
  }
}
