import { adapted, frozen, hmc, jitteredSteps, rotation, straight, type HmcState, type WideMlp } from "@lab/pacbayes";
import { jit, key, own, readSync, split, type Key } from "@lab/tensor-core";
import { fill, scalar } from "@tensorflow/tfjs-core";
import type { Contest, Inputs, Settings } from "./contest.ts";
import { posterior, ready as trajectory } from "./hmc.ts";

export { inputs } from "./hmc.ts";

/** Hamiltonian Monte Carlo that has warmed up and adapted its step size, and hands out U of every chain after each trajectory. */
export function ready(given: Inputs, settings: Settings): Contest {
  const { chains, lambda, stepSize, leapfrogSteps, warmup, target, rotations } = settings;
  const { energy, position } = posterior(given, settings);
  const sampler = hmc(energy, { trajectory: jitteredSteps(leapfrogSteps!), flow: rotations === 1 ? rotation : straight });
  const warmer = adapted(sampler, { target: target! });
  let next = key(2);
  const fresh = (): Key => {
    const [now, later] = split(next);
    next = later;
    return now;
  };
  const warm = own(() => warmer.init({ position, lambda: fill([chains!], lambda!), stepSize: scalar(stepSize!) }));
  {
    using adapting = jit((now: Key, at: typeof warm.value) => warmer.step(now, at));
    for (let i = 0; i < warmup!; i++) warm.advance((at) => adapting(fresh(), at))[Symbol.dispose]();
  }
  const state = own(() => frozen(warm.value));
  warm[Symbol.dispose]();
  const step = jit((now: Key, at: HmcState<WideMlp>) => sampler.step(now, at));
  let drawn: number[][] = Array.from({ length: chains! }, () => []);
  return {
    values: () => trajectory(given, settings).values(),
    iterate(n) {
      for (let i = 0; i < n; i++) {
        using info = state.advance((at) => step(fresh(), at));
        readSync(info.value.likelihood).data.forEach((u, chain) => drawn[chain]!.push(u));
      }
    },
    drawn() {
      const all = drawn;
      drawn = all.map(() => []);
      return all;
    },
  };
}
