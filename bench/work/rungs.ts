import { equalExchange, hmc, fixedSteps, straight, type HmcState, type WideMlp } from "@lab/pacbayes";
import { jit, key, map, own, readSync, split, type Key, type Owned } from "@lab/tensor-core";
import { scalar, sum, tensor1d, tile } from "@tensorflow/tfjs-core";
import type { Contest, Inputs, Settings } from "./contest.ts";
import { posterior } from "./hmc.ts";

export { inputs } from "./hmc.ts";

/** One trajectory of every chain on every rung: of the whole ladder in one call, or rung after rung. */
export function ready(given: Inputs, settings: Settings): Contest {
  const { chains, lambda, stepSize, leapfrogSteps, temperatures, together } = settings;
  const { energy, position } = posterior(given, settings);
  const sampler = hmc(energy, { trajectory: fixedSteps(leapfrogSteps!), flow: straight });
  const pilot = [
    { lambda: 0, variance: 1 },
    { lambda: lambda!, variance: 1 },
  ];
  const lambdas = equalExchange(pilot, { rungs: temperatures! - 1 });
  const groups = together === 1 ? [lambdas] : lambdas.map((one) => [one]);
  const states: readonly Owned<HmcState<WideMlp>>[] = groups.map((group) =>
    own(() =>
      sampler.init({
        position: map((x) => tile(x, [group.length, ...x.shape.slice(1).map(() => 1)]), position),
        lambda: tensor1d(group.flatMap((one) => Array.from({ length: chains! }, () => one))),
        stepSize: scalar(stepSize!),
      }),
    ),
  );
  const step = jit((now: Key, at: HmcState<WideMlp>) => sampler.step(now, at));
  let next = key(2);
  return {
    values() {
      const energies = states.flatMap((state) => {
        using total = own(() => sum(state.value.terms, 1));
        return [...readSync(total.value).data];
      });
      return { energy: energies };
    },
    iterate(n) {
      for (let i = 0; i < n; i++) {
        for (const state of states) {
          const [now, later] = split(next);
          next = later;
          state.advance((at) => step(now, at))[Symbol.dispose]();
        }
      }
    },
  };
}
