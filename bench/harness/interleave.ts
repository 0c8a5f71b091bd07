import type { Contestant } from "./contestant.ts";

/** What one contestant took, round by round. */
export type Lap = {
  /** Seconds an iteration, one number a round. */
  readonly seconds: readonly number[];
  /** Iterations a round. */
  readonly iterations: number;
  /** Processor seconds an iteration, all threads together, one number a round: less shaken than the time by what else runs. */
  readonly processor: readonly number[];
  /** Processor seconds per second that the process used while others had their turn: a spinning process would disturb them. */
  readonly idle: number;
};

export type InterleaveOptions = {
  readonly rounds: number;
  /** How long a turn should last, seconds. */
  readonly turn?: number;
  readonly progress?: (round: number) => void;
};

/** Iterations that last about so long, from two measured after the first ones. */
async function calibrated(who: Contestant, turn: number): Promise<number> {
  await who.turn(2, 1);
  const { seconds } = await who.turn(2, 1);
  return Math.min(1000, Math.max(1, Math.round(turn / (seconds / 2))));
}

/**
 * Runs contestants that are ready one after the other, round by round; each round begins with another one.
 *
 * Each turn warms up with untimed iterations, a tenth of the timed ones, since the others have emptied the caches.
 */
export async function interleave(
  contestants: readonly Contestant[],
  { rounds, turn = 0.3, progress = () => undefined }: InterleaveOptions,
): Promise<Map<string, Lap>> {
  if (!(Number.isInteger(rounds) && rounds >= 1)) throw new RangeError(`Cannot interleave: expected a whole number of rounds of at least 1, got ${rounds}`);
  const laps = [];
  for (const who of contestants)
    laps.push({
      who,
      iterations: await calibrated(who, turn),
      seconds: [] as number[],
      processor: [] as number[],
      used: 0,
      waited: 0,
      cpu: Number.NaN,
      since: 0,
    });
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < laps.length; i++) {
      const lap = laps[(round + i) % laps.length]!;
      const began = performance.now();
      const warm = Math.max(1, Math.round(lap.iterations / 10));
      const { seconds, cpuBefore, cpuAfter } = await lap.who.turn(lap.iterations, warm);
      if (!Number.isNaN(lap.cpu)) {
        lap.used += cpuBefore - lap.cpu;
        lap.waited += (began - lap.since) / 1000;
      }
      Object.assign(lap, { cpu: cpuAfter, since: performance.now() });
      lap.seconds.push(seconds / lap.iterations);
      lap.processor.push((cpuAfter - cpuBefore) / (lap.iterations + warm));
    }
    progress(round + 1);
  }
  return new Map(
    laps.map(({ who, seconds, processor, iterations, used, waited }) => [who.name, { seconds, processor, iterations, idle: waited > 0 ? used / waited : 0 }]),
  );
}
