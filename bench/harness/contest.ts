import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agreement } from "./agreement.ts";
import { contestant, type Launch, type Task, type Values } from "./contestant.ts";
import { interleave } from "./interleave.ts";
import { ratio, spread, type Spread } from "./spread.ts";
import type { Work } from "../work/works.ts";

/** One contestant's part of a result. */
export type Standing = {
  readonly name: string;
  /** Seconds an iteration. */
  readonly seconds: Spread;
  readonly rounds: readonly number[];
  /** Processor seconds an iteration, all threads together. */
  readonly processor: Spread;
  readonly iterations: number;
  /** Until the first result: compilation. */
  readonly prepareSeconds: number;
  /** Peak of the resident memory, bytes. */
  readonly peakMemory: number;
  readonly idle: number;
  /** peer/ours; above 1 ours is faster. */
  readonly ratio?: Spread;
  /** The largest difference from our numbers, as a share of the tolerance. */
  readonly difference?: number;
  readonly versions: { readonly [name: string]: string };
};

/** What came of one work. */
export type Result = { readonly work: string; readonly title: string; readonly values: Values; readonly standings: readonly Standing[] };

export type ContestOptions = { readonly rounds: number; readonly turn?: number; readonly progress?: (line: string) => void };

/** Writes the inputs in a process of its own, so that drawing them counts for nobody's memory. */
async function written(ours: Launch, task: Task): Promise<void> {
  const writer = contestant(ours);
  try {
    await writer.write(task);
  } finally {
    await writer.end();
  }
}

/**
 * Ours and its peers at one work: the same inputs, the same numbers, then round after round.
 *
 * @param launches ours first
 * @throws Error if a contestant fails, or computes something else than ours
 */
export async function contest(work: Work, launches: readonly Launch[], { rounds, turn, progress = () => undefined }: ContestOptions): Promise<Result> {
  const [ours] = launches;
  if (ours === undefined) throw new RangeError("Cannot bench: expected at least one contestant, got none");
  const folder = await mkdtemp(join(tmpdir(), "lab-bench-"));
  const contestants = launches.map(contestant);
  const own = contestants[0]!;
  try {
    const task = { work: work.name, module: work.module, settings: work.settings, inputs: join(folder, "inputs.safetensors") };
    await written(ours, task);
    const prepared = [];
    let values: Values | undefined;
    for (const who of contestants) {
      progress(`${who.name} prepares`);
      const { versions } = await who.facts();
      const ready = await who.ready(task);
      const difference = values === undefined ? undefined : agreement(who.name, ready.values, values, work.tolerance);
      values ??= ready.values;
      prepared.push({ who, versions, prepareSeconds: ready.seconds, difference });
    }
    const laps = await interleave(contestants, { rounds, ...(turn !== undefined && { turn }), progress: (round) => progress(`round ${round} of ${rounds}`) });
    const reference = laps.get(own.name)!.seconds;
    const standings: Standing[] = [];
    for (const { who, versions, prepareSeconds, difference } of prepared) {
      const { seconds, processor, iterations, idle } = laps.get(who.name)!;
      const { peak } = await who.memory();
      const against = who === own ? {} : { ratio: ratio(seconds, reference), difference: difference! };
      standings.push({
        name: who.name,
        seconds: spread(seconds),
        rounds: seconds,
        processor: spread(processor),
        iterations,
        prepareSeconds,
        peakMemory: peak,
        idle,
        versions,
        ...against,
      });
    }
    return { work: work.name, title: work.title, values: values!, standings };
  } finally {
    await Promise.all(contestants.map((who) => who.end()));
    await rm(folder, { recursive: true, force: true });
  }
}
