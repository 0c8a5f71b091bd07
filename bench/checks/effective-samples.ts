import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { effectiveSampleSize } from "@lab/pacbayes";
import { agreement } from "../harness/agreement.ts";
import { contestant, type Contestant, type Values } from "../harness/contestant.ts";
import { ours, peer, PEERS, type Peer } from "../harness/launches.ts";
import { python } from "../harness/python.ts";
import type { Finding } from "./checks.ts";

/** Effective samples a second, ours over theirs, at least. */
const GOALS: { readonly [name: string]: number } = { "PyTorch eager": 2, "JAX jit": 1.5 };
const ROUNDS = 10;
/** Trajectories of every chain in a round. */
const DRAWS = 20;
/** As the work `hmc`, of which this is the whole sampler. */
const SETTINGS = { n: 2000, chains: 8, priorScale: 0.05, lambda: 4, stepSize: 0.02, leapfrogSteps: 16, warmup: 150, target: 0.8, xla: 1 };
const SAME = { relative: 1e-4, absolute: 5e-3 };

type Tally = { seconds: number; readonly chains: number[][] };

/**
 * Effective samples of n·r̂ a second on the posterior of an MLP on MNIST: everyone warms up, adapts to the same acceptance by dual averaging, and then draws round
 * after round by jittered leapfrogs along straight lines; the same estimator reads the draws of all. Ours by rotations, which no one else has, stands apart.
 */
export async function effectiveSamples({ threads }: { readonly threads: number }): Promise<Finding> {
  const found = await python((line) => process.stderr.write(`${line}\n`));
  const launches = [
    { launch: ours(threads), rotations: 0 },
    { launch: { ...ours(threads), name: "ours, rotations" }, rotations: 1 },
    ...("missing" in found
      ? []
      : (Object.keys(PEERS) as Peer[]).filter((name) => name in GOALS).map((name) => ({ launch: peer(name, found, threads), rotations: 0 }))),
  ];
  const folder = await mkdtemp(join(tmpdir(), "lab-bench-"));
  const everyone: Contestant[] = launches.map(({ launch }) => contestant(launch));
  try {
    const task = { work: "hmc-ess", module: "ess", inputs: join(folder, "inputs.safetensors") };
    let reference: Values | undefined;
    for (const [i, who] of everyone.entries()) {
      const settings = { ...SETTINGS, rotations: launches[i]!.rotations };
      if (i === 0) await who.write({ ...task, settings });
      const { values } = await who.ready({ ...task, settings });
      if (reference !== undefined) agreement(who.name, values, reference, SAME);
      reference ??= values;
    }
    const tallies = new Map<Contestant, Tally>(everyone.map((who) => [who, { seconds: 0, chains: Array.from({ length: SETTINGS.chains }, () => []) }]));
    for (let round = 0; round < ROUNDS; round++) {
      for (let i = 0; i < everyone.length; i++) {
        const who = everyone[(i + round) % everyone.length]!;
        const { seconds, drawn } = await who.turn(DRAWS, 0);
        const tally = tallies.get(who)!;
        tally.seconds += seconds;
        drawn!.forEach((us, chain) => tally.chains[chain]!.push(...us));
      }
    }
    const rows = everyone.map((who) => {
      const { seconds, chains } = tallies.get(who)!;
      const draws = chains.flat();
      const ess = effectiveSampleSize(chains);
      return { name: who.name, ess, seconds, perSecond: ess / seconds, mean: draws.reduce((s, u) => s + u, 0) / draws.length };
    });
    const own = rows[0]!.perSecond;
    const text = rows.map(({ name, ess, seconds, perSecond, mean }) => {
      const least = GOALS[name];
      const against = least === undefined ? "" : `, ours/theirs ${(own / perSecond).toFixed(2)}, at least ${least} ${own / perSecond >= least ? "✓" : "✗"}`;
      return `hmc-ess: ${name}: ${ess.toFixed(0)} effective of ${ROUNDS * DRAWS * SETTINGS.chains} in ${seconds.toFixed(1)} s, ${perSecond.toFixed(2)} a second${against}; mean U ${mean.toFixed(1)}`;
    });
    return { report: { settings: SETTINGS, rows }, text: text.join("\n") };
  } finally {
    await Promise.all(everyone.map((who) => who.end()));
    await rm(folder, { recursive: true, force: true });
  }
}
