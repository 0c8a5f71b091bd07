import { jit, key, normalLike, own, readSync, split, type Key } from "@lab/tensor-core";
import {
  boundedCrossEntropy,
  fixedSteps,
  gaussianPrior,
  gibbsPosterior,
  hmc,
  mlpCentre,
  priorDraws,
  straight,
  wideMlp,
  type Energy,
  type GaussianPrior,
  type HmcState,
  type WideMlp,
} from "@lab/pacbayes";
import { fill, scalar, sum, transpose, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import type { Contest, Inputs, Settings } from "./contest.ts";
import { digits } from "./mlp.ts";
import { asInputs, parametersOf } from "./parameters.ts";

/** The key of the step whose acceptance must agree: the momenta that it draws are inputs. */
const CHECKED: Key = key(1);

function prior(scale: number): GaussianPrior<WideMlp> {
  return gaussianPrior(mlpCentre({ inputs: 784, hidden: [50], classes: 10 }), { scale });
}

export async function inputs({ n, chains, priorScale }: Settings): Promise<Inputs> {
  const { x, y } = await digits(n!);
  const position = priorDraws(key(0), prior(priorScale!), { chains: chains! });
  const momentum = normalLike(split(CHECKED, 3)[0]!, position);
  const momenta = Object.entries(asInputs(momentum)).map(([path, p]) => [path.replace("params.", "momentum."), p]);
  return { x, y, ...asInputs(position), ...Object.fromEntries(momenta) };
}

/** U on the digits that are given, and where the chains start. */
export function posterior(given: Inputs, { chains, priorScale }: Settings): { readonly energy: Energy<WideMlp>; readonly position: WideMlp } {
  const { x, y } = given as { x: Tensor2D; y: Tensor };
  const pixels: Tensor2D = transpose(x);
  const energy = gibbsPosterior<WideMlp>((params) => boundedCrossEntropy(wideMlp(params, pixels), y), { prior: prior(priorScale!) });
  return { energy, position: parametersOf(given, () => priorDraws(key(0), prior(priorScale!), { chains: chains! })) };
}

/** One whole trajectory of every chain on a Gibbs posterior, with accept or reject. */
export function ready(given: Inputs, settings: Settings): Contest {
  const { chains, lambda, stepSize, leapfrogSteps } = settings;
  const { energy, position } = posterior(given, settings);
  const sampler = hmc(energy, { trajectory: fixedSteps(leapfrogSteps!), flow: straight });
  const state = own(() => sampler.init({ position, lambda: fill([chains!], lambda!), stepSize: scalar(stepSize!) }));
  const step = jit((now: Key, at: HmcState<WideMlp>) => sampler.step(now, at));
  let next = key(2);
  return {
    values() {
      using fresh = own(() => state.value);
      using info = fresh.advance((at) => step(CHECKED, at));
      using energies = own(() => sum(state.value.terms, 1));
      return { energy: [...readSync(energies.value).data], acceptance: [...readSync(info.value.acceptance).data] };
    },
    iterate(n) {
      for (let i = 0; i < n; i++) {
        const [now, later] = split(next);
        next = later;
        state.advance((at) => step(now, at))[Symbol.dispose]();
      }
    },
  };
}
