import { fill, scalar } from "@tensorflow/tfjs-core";
import { foldIn, own, run, split, type Key, type Owned } from "@lab/tensor-core";
import { adapted, frozen, gaussianSampler, hmc, ladder, lasting, meanFieldAtPrior, type HmcStart, type WideMlp } from "@lab/pacbayes";
import { curveOf, least } from "./curve.ts";
import type { Kept } from "./kept.ts";
import type { Target } from "./posterior.ts";
import { exactRung, rungOf, type Rung } from "./rung.ts";
import type { Setting } from "./settings.ts";

/** How often the ladder may grow by a rung, each 1.3 times as high as the one below. */
const MOST_GROWTH = 8;

/**
 * Draws of ρ_λ along the ladder, from exact draws of the prior at λ = 0. At each rung the chains go on from the one below; the step size adapts in a warm-up
 * and is then frozen. The ladder grows while its last rung has the least bound.
 */
export async function climbed(
  setting: Setting,
  { energy, prior, errors }: Target,
  { key, kept }: { readonly key: Key; readonly kept: Kept },
): Promise<readonly Rung[]> {
  const { chains, draws, warmup, most, top, power } = setting;
  const lambdas = [...ladder({ top, rungs: setting.rungs, power })];
  const longest = lambdas.length + MOST_GROWTH;
  const sampler = hmc(energy, { trajectory: lasting(Math.PI / 2, { most }) });
  const warmer = adapted(sampler, { most: Math.PI / 2 });
  using atPrior = own(() => meanFieldAtPrior(prior, { runs: chains }));
  using exact = await run(gaussianSampler(energy), atPrior.value, {
    key: foldIn(key, 0),
    ...kept("rung 00, exact draws", draws),
    record: ({ position }, { likelihood }) => ({ likelihood, ...errors(position) }),
  });
  const rungs: Rung[] = [exactRung(exact.trace)];
  let at: Owned<Pick<HmcStart<WideMlp>, "position" | "stepSize">> = own(() => ({ position: exact.state.value.position, stepSize: scalar(0.3) }));
  for (let i = 1; i < lambdas.length; i++) {
    const lambda = lambdas[i]!;
    const name = `rung ${String(i).padStart(2, "0")}`;
    const [warmKey, drawKey] = split(foldIn(key, i));
    using from = own(() => ({ ...at.value, lambda: fill([chains], lambda) }));
    using warm = await run(warmer, from.value, { key: warmKey, ...kept(`${name}, warm-up`, warmup), record: (_, { steps }) => ({ steps }) });
    using ready = own(() => frozen(warm.state.value));
    using drawn = await run(sampler, ready.value, {
      key: drawKey,
      ...kept(`${name}, λ ${lambda.toPrecision(2)}`, draws),
      record: ({ position, stepSize }, { likelihood, hamiltonian, acceptance, divergent, steps }) => ({
        ...{ likelihood, hamiltonian, acceptance, divergent, steps, stepSize },
        ...errors(position),
      }),
    });
    rungs.push(rungOf(lambda, drawn.trace, warm.trace));
    at[Symbol.dispose]();
    at = own(() => ({ position: drawn.state.value.position, stepSize: ready.value.stepSize }));
    const isLast = i === lambdas.length - 1 && lambdas.length < longest;
    if (isLast && least(curveOf(rungs, setting), ({ bound01 }) => bound01).lambda === lambda) lambdas.push(1.3 * lambda);
  }
  at[Symbol.dispose]();
  return rungs;
}
