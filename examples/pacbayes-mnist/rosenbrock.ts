import { add, mul, ones, scalar, slice, square, sub, zeros, type Tensor } from "@tensorflow/tfjs-core";
import { chain, cosineSchedule, own, read, run, scaleByAdam, scaleBySchedule, split, type Key } from "@lab/tensor-core";
import { adapted, boundDescent, frozen, gaussianKl, gaussianPrior, gaussianSampler, hmc, lasting, meanFieldAtPrior, scaleByLearningRates } from "@lab/pacbayes";
import { average } from "./rung.ts";

type Plane = { readonly at: Tensor };

/** U = (1 − x)² + 10 (y − x²)² at points [chain, 2], one term for each chain. */
function rosenbrock({ at }: Plane): Tensor {
  const [count] = at.shape;
  const [x, y] = [slice(at, [0, 0], [count!, 1]), slice(at, [0, 1], [count!, 1])];
  return add(square(sub(1, x)), mul(square(sub(y, square(x))), 10));
}

/** F = −ln Z of ρ ∝ e^{−U} N(0, I), by quadrature on a fine grid in float64. */
export const ROSENBROCK_FREE_ENERGY = 2.70815578;

export type RosenbrockPicture = {
  /** HMC draws of ρ ∝ e^{−U} N(0, I). */
  readonly draws: readonly { readonly x: number; readonly y: number }[];
  /** E[U] by them. */
  readonly energy: number;
  /** The Gaussian with independent coordinates that minimises E U + KL, and that minimum, which is F + KL(q‖ρ). */
  readonly mean: readonly [number, number];
  readonly deviation: readonly [number, number];
  readonly freeEnergy: number;
};

/** The Gibbs posterior of Rosenbrock's function beside the best factorised Gaussian. */
export async function rosenbrockPicture(
  key: Key,
  { chains = 50, draws = 40, descent = 2000 }: { readonly chains?: number; readonly draws?: number; readonly descent?: number } = {},
): Promise<RosenbrockPicture> {
  const [warmKey, drawKey, descentKey, riskKey] = split(key, 4) as [Key, Key, Key, Key];
  const sampler = hmc(rosenbrock, { trajectory: lasting(Math.PI / 2, { most: 40 }) });
  using start = own(() => ({ position: { at: zeros([chains, 2]) }, lambda: ones([chains]), stepSize: scalar(0.1) }));
  using warm = await run(adapted(sampler), start.value, { key: warmKey, steps: 60 });
  using ready = own(() => frozen(warm.state.value));
  using drawn = await run(sampler, ready.value, { key: drawKey, steps: draws, record: ({ position }, { likelihood }) => ({ at: position.at, likelihood }) });

  using prior = own(() => meanFieldAtPrior(gaussianPrior<Plane>({ at: zeros([1, 2]) }, { scale: 1 }), { runs: 1 }));
  const decay = scaleBySchedule(cosineSchedule({ from: 1, to: 0.01, steps: descent }));
  const algorithm = boundDescent(rosenbrock, {
    objective: (energy, kl) => add(energy, kl),
    transform: chain(scaleByAdam(), decay, scaleByLearningRates([0.05])),
  });
  using fitted = await run(algorithm, prior.value, { key: descentKey, steps: descent });
  const { mean, logScale } = fitted.state.value.posterior;
  using risks = await run(gaussianSampler(rosenbrock), fitted.state.value.posterior, {
    key: riskKey,
    steps: 2000,
    record: (_, { likelihood }) => ({ likelihood }),
  });
  const [m, s] = await read([mean.at, logScale.at]);
  const points = drawn.trace.at;
  return {
    draws: Array.from({ length: draws * chains }, (_, i) => {
      const [step, which] = [Math.floor(i / chains), i % chains];
      return { x: points.get(step, which, 0), y: points.get(step, which, 1) };
    }),
    energy: average(drawn.trace.likelihood),
    mean: [m!.data[0]!, m!.data[1]!],
    deviation: [Math.exp(s!.data[0]!), Math.exp(s!.data[1]!)],
    freeEnergy: average(risks.trace.likelihood) + gaussianKl(m!.data, s!.data),
  };
}

/** The ellipse that holds 90 % of a Gaussian with independent coordinates: radius √(−2 ln 0.1) deviations. */
export function ellipse(
  { mean, deviation }: Pick<RosenbrockPicture, "mean" | "deviation">,
  points = 120,
): readonly { readonly x: number; readonly y: number }[] {
  const radius = Math.sqrt(-2 * Math.log(0.1));
  return Array.from({ length: points }, (_, i) => {
    const angle = (2 * Math.PI * i) / points;
    return { x: mean[0] + radius * deviation[0] * Math.cos(angle), y: mean[1] + radius * deviation[1] * Math.sin(angle) };
  });
}
