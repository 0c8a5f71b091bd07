import {
  adapted,
  boundDescent,
  gaussianPrior,
  gaussianSampler,
  gibbsPosterior,
  hmc,
  jitteredSteps,
  maurerObjective,
  meanFieldAtPrior,
  scaleByLearningRates,
} from "@lab/pacbayes";
import { mfvi, mixSam, randomSam, sam } from "@lab/sam-vi";
import { adam, adamw, chain, descent, engine, key, momentum, own, run, scaleByAdam, sgd, type Algorithm, type Tree } from "@lab/tensor-core";
import { noLeaks } from "@lab/tensor-core/testing";
import { ones, scalar, square, sub, sum, tensor1d, zeros, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";

await engine();

const STEPS = 10_000;

type Weights = { readonly w: Tensor };
const bowl = ({ w }: Weights): Scalar => sum(square(sub(w, 1)));
const chains = (): Weights => ({ w: zeros([4, 3]) });
const energy = ({ w }: Weights): Tensor => square(w);
const prior = (): ReturnType<typeof gaussianPrior<Weights>> => gaussianPrior<Weights>({ w: zeros([1, 3]) }, { scale: 0.5 });

/** Runs one algorithm for 10 000 steps from a position made for it; returns the steps taken. */
async function taken<Position extends Tree, State extends Tree, Info extends Tree>(
  algorithm: Algorithm<Position, State, Info>,
  position: () => Position,
): Promise<number> {
  using start = own(position);
  using result = await run(algorithm, start.value, { key: key(1), steps: STEPS });
  return result.steps;
}

const hmcStart = () => ({ position: chains(), lambda: ones([4]) as Tensor, stepSize: scalar(0.3) });
const weights = (): Weights => ({ w: tensor1d([0, 0, 0]) });

const posteriors = () => meanFieldAtPrior(prior(), { runs: 2 });

const algorithms: { readonly [name: string]: () => Promise<number> } = {
  "descent with momentum": () => taken(descent<Weights, void, Tree>(bowl, { transform: momentum(0.01) }), weights),
  "descent with Adam": () => taken(descent<Weights, void, Tree>(bowl, { transform: adam(0.01) }), weights),
  "descent with AdamW": () => taken(descent<Weights, void, Tree>(bowl, { transform: adamw(0.01) }), weights),
  hmc: () => taken(hmc<Weights>(energy, { trajectory: jitteredSteps(3) }), hmcStart),
  "adapted hmc": () => taken(adapted(hmc<Weights>(energy, { trajectory: jitteredSteps(3) })), hmcStart),
  gaussianSampler: () => taken(gaussianSampler<Weights>(energy), posteriors),
  boundDescent: async () => {
    using centre = own(() => prior().mean);
    const losses = gibbsPosterior(({ w }: Weights) => square(sub(w, 0.3)), { prior: { mean: centre.value, scale: 0.5 } });
    const algorithm = boundDescent(losses, {
      objective: maurerObjective({ n: 1000, delta: 0.05 }),
      transform: chain(scaleByAdam(), scaleByLearningRates([0.01, 0.02])),
    });
    return await taken(algorithm, posteriors);
  },
  sam: () => taken(sam(bowl, { transform: sgd(0.01) }), weights),
  randomSam: () => taken(randomSam(bowl, { transform: sgd(0.01) }), weights),
  mixSam: () => taken(mixSam(bowl, { transform: sgd(0.01) }), weights),
  mfvi: () => taken(mfvi(bowl, { n: 100, transform: adam(0.01) }), weights),
};

for (const [name, body] of Object.entries(algorithms))
  it(`${name} leaks no tensor over ${STEPS} steps`, async () => {
    expect(await noLeaks(body)).toBe(STEPS);
  });
