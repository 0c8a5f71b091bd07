import { own, run, split, type Key } from "@lab/tensor-core";
import { annealedEvidence, annealedImportance, curved, hmc, lasting, priorDraws, type AnnealedEvidence, type WideMlp } from "@lab/pacbayes";
import type { Kept } from "./kept.ts";
import type { Target } from "./posterior.ts";
import type { Rung } from "./rung.ts";
import type { Setting } from "./settings.ts";

/** β from 0 to the rung: each interval of the ladder in equal parts, with the step size that its upper end was given. */
function schedule(
  climbed: readonly Pick<Rung, "lambda" | "sampling">[],
  parts: number,
): { readonly ladder: readonly number[]; readonly stepSizes: readonly number[] } {
  const intervals = climbed.slice(1).flatMap(({ lambda, sampling }, i) => {
    const from = climbed[i]!.lambda;
    return Array.from({ length: parts }, (_, j) => ({ lambda: from + ((lambda - from) * (j + 1)) / parts, stepSize: sampling.step }));
  });
  return { ladder: [0, ...intervals.map(({ lambda }) => lambda)], stepSizes: intervals.map(({ stepSize }) => stepSize) };
}

/**
 * F at the last of these rungs by annealed importance sampling, with a key of its own: the climb was its pilot, and nothing adapts any more, so that E[Ẑ] = Z
 * holds however badly the chains mix.
 */
export async function annealed(
  { annealing, parts, most }: Setting,
  { energy, prior }: Target,
  { key, kept, climbed, curvature }: { readonly key: Key; readonly kept: Kept; readonly climbed: readonly Rung[]; readonly curvature: WideMlp },
): Promise<AnnealedEvidence> {
  const [startKey, moveKey] = split(key);
  const { ladder, stepSizes } = schedule(climbed, parts);
  const sampler = hmc(energy, { trajectory: lasting(Math.PI / 4, { most: Math.ceil(most / 2) }), metric: curved(curvature) });
  using start = own(() => priorDraws(startKey, prior, { chains: annealing }));
  using moved = await run(annealedImportance(sampler, { ladder, stepSizes }), start.value, {
    key: moveKey,
    ...kept("annealing", stepSizes.length),
    record: (_, { energy }) => ({ energy }),
  });
  const { energy: energies } = moved.trace;
  const rows = stepSizes.map((_, step) => Array.from({ length: annealing }, (_, chain) => energies.get(step, chain)));
  return annealedEvidence(rows, ladder);
}
