import { fill, scalar } from "@tensorflow/tfjs-core";
import { foldIn, own, run, split, type Key, type Owned } from "@lab/tensor-core";
import { adapted, curved, frozen, gaussianSampler, hmc, ladder, lasting, meanFieldAtPrior, type HmcStart, type WideMlp } from "@lab/pacbayes";
import { curveOf, least } from "./curve.ts";
import { joined, type Trace } from "./joined.ts";
import type { Kept } from "./kept.ts";
import type { Target } from "./posterior.ts";
import { exactRung, reaches, rungOf, type Rung } from "./rung.ts";
import type { Setting } from "./settings.ts";

/** How often the ladder may grow by a rung, each 1.3 times as high as the one below. */
const MOST_GROWTH = 8;
/** No step is longer: a flat rung takes any step, but steps that miss its few steep places leave chains stuck there. */
const LONGEST_STEP = 0.7;
const ACCEPTANCE = 0.85;

/** What a step at this λ costs, in units that a draw from the prior costs: trajectories get longer with √λ, about. */
function weightOf(lambda: number, { top }: Setting): number {
  return Math.round(4 + 10 * Math.min(1, Math.sqrt(lambda / top)));
}

/** The units of work of a climb whose rungs reach the targets at once and whose ladder does not grow. */
export function workOf(setting: Setting): number {
  const { top, rungs, power, warmup, draws } = setting;
  return [...ladder({ top, rungs, power })].slice(1).reduce((sum, lambda) => sum + (warmup + draws) * weightOf(lambda, setting), draws);
}

/**
 * Draws of ρ_λ along the ladder, from exact draws of the prior at λ = 0. At each rung the chains go on from the one below; the step size adapts in a warm-up
 * and is then frozen. A rung that misses the targets goes on. The ladder grows while its last rung has the least bound.
 */
export async function climbed(
  setting: Setting,
  { energy, prior, errors }: Target,
  { key, kept, curvature }: { readonly key: Key; readonly kept: Kept; readonly curvature: WideMlp },
): Promise<readonly Rung[]> {
  const { chains, draws, warmup, most, top, power, extensions } = setting;
  const lambdas = [...ladder({ top, rungs: setting.rungs, power })];
  const longest = lambdas.length + MOST_GROWTH;
  const sampler = hmc(energy, { trajectory: lasting(Math.PI / 2, { most }), metric: curved(curvature) });
  const warmer = adapted(sampler, { most: LONGEST_STEP, target: ACCEPTANCE });
  using atPrior = own(() => meanFieldAtPrior(prior, { runs: chains }));
  using exact = await run(gaussianSampler(energy), atPrior.value, {
    key: foldIn(key, 0),
    ...kept("rung 00, exact draws", draws),
    record: ({ position }, { likelihood }) => ({ likelihood, ...errors(position) }),
  });
  const rungs: Rung[] = [exactRung(exact.trace)];
  let at: Owned<Pick<HmcStart<WideMlp>, "position" | "stepSize">> = own(() => ({ position: exact.state.value.position, stepSize: scalar(LONGEST_STEP) }));
  for (let i = 1; i < lambdas.length; i++) {
    const lambda = lambdas[i]!;
    const name = `rung ${String(i).padStart(2, "0")}`;
    // What comes on top of the plan is not in its units.
    const weight = i <= setting.rungs ? weightOf(lambda, setting) : 0;
    const [warmKey, drawKey] = split(foldIn(key, i));
    using from = own(() => ({ ...at.value, lambda: fill([chains], lambda) }));
    using warm = await run(warmer, from.value, { key: warmKey, ...kept(`${name}, warm-up`, warmup, weight), record: (_, { steps }) => ({ steps }) });
    const traces: Trace[] = [];
    at[Symbol.dispose]();
    at = own(() => frozen(warm.state.value));
    for (;;) {
      const part = traces.length;
      using begin = own(() => ({ ...at.value, lambda: from.value.lambda }));
      using drawn = await run(sampler, begin.value, {
        key: foldIn(drawKey, part),
        ...kept(`${name}, λ ${lambda.toPrecision(2)}${part === 0 ? "" : `, extension ${part}`}`, draws, part === 0 ? weight : 0),
        record: ({ position, stepSize }, { likelihood, hamiltonian, acceptance, divergent, steps }) => ({
          ...{ likelihood, hamiltonian, acceptance, divergent, steps, stepSize },
          ...errors(position),
        }),
      });
      traces.push(drawn.trace);
      at[Symbol.dispose]();
      at = own(() => ({ position: drawn.state.value.position, stepSize: begin.value.stepSize }));
      rungs[i] = rungOf(lambda, joined(traces), warm.trace);
      if (part >= extensions || reaches(rungs[i]!)) break;
    }
    const isLast = i === lambdas.length - 1 && lambdas.length < longest;
    if (isLast && least(curveOf(rungs, setting), ({ bound01 }) => bound01).lambda === lambda) lambdas.push(1.3 * lambda);
  }
  at[Symbol.dispose]();
  return rungs;
}
