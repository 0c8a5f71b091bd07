import { cast, greater, matMul, mul, neg, reshape, sigmoid, slice, sub, zeros, type Tensor } from "@tensorflow/tfjs-core";
import { chain, engine, key, normal, own, run, scaleByAdam, scoped, type Params } from "@lab/tensor-core";
import { expect, it } from "vitest";
import { bestPosterior } from "../certify/best-posterior.ts";
import { exactPosterior } from "../certify/exact-draws.ts";
import { gaussianPrior, unwhitened, type GaussianPrior } from "../gibbs/gaussian-prior.ts";
import { gibbsPosterior, type Energy } from "../gibbs/gibbs-posterior.ts";
import { boundDescent } from "./bound-descent.ts";
import { gaussianSampler } from "./gaussian-sampler.ts";
import { scaleByLearningRates } from "./learning-rates.ts";
import { meanFieldAtPrior, ofRun, type MeanField } from "./mean-field.ts";
import { bbbObjective, maurerObjective, type BoundObjective } from "./objective.ts";

await engine();

type Weights = Params & { readonly w: Tensor };
const [examples, inputs, runs] = [400, 30, 2];

/** Labels ±1 of a plane, in thirty dimensions: losses sigmoid(−y⟨w, x⟩) in [0, 1], of rows `from` to `to`. */
const sample = own(() => {
  const x = normal(key(1), [examples, inputs]);
  const y = sub(mul(cast(greater(matMul(x as never, normal(key(2), [inputs, 1]) as never), 0), "float32"), 2), 1);
  return { x, y };
});
const lossesOf =
  (from: number, to: number) =>
  ({ w }: Weights): Tensor => {
    const [x, y] = [slice(sample.value.x, [from, 0], [to - from, inputs]), slice(sample.value.y, [from, 0], [to - from, 1])];
    return sigmoid(neg(mul(matMul(w as never, x as never, false, true), reshape(y, [1, -1]))));
  };

async function trained(energy: Energy<Weights>, prior: GaussianPrior<Weights>, objective: BoundObjective): Promise<MeanField<Weights>> {
  using start = own(() => meanFieldAtPrior(prior, { runs }));
  const algorithm = boundDescent(energy, { objective, transform: chain(scaleByAdam(), scaleByLearningRates([0.05, 0.02])) });
  const result = await run(algorithm, start.value, { key: key(3), steps: 300 });
  return result.state.value.posterior;
}

/** Mean risk of exact draws and exact KL of each run. */
async function certified(energy: Energy<Weights>, posterior: MeanField<Weights>, n: number) {
  const runsDrawn = [];
  for (let at = 0; at < runs; at++) {
    using copies = own(() => ofRun(posterior, at, { copies: 100 }));
    using drawn = await run(gaussianSampler(energy), copies.value, { key: key(4), steps: 10, record: (_, info) => info });
    const risks = Array.from(drawn.trace.likelihood.data, (u) => u / n);
    const [mean, scale] = scoped(() => [posterior.mean.w, posterior.logScale.w].map((x) => (x.arraySync() as number[][])[at]!)) as [number[], number[]];
    const kl = mean.reduce((sum, m, j) => sum + (m ** 2 + Math.exp(2 * scale[j]!) - 2 * scale[j]! - 1) / 2, 0);
    runsDrawn.push({ risk: risks.reduce((s, r) => s + r, 0) / risks.length, kl, draws: risks.length });
  }
  return bestPosterior(runsDrawn, { n });
}

it("a prior learnt on one half certifies the other half with its own n, below a data-free prior, and n of the whole would claim too much", async () => {
  const half = examples / 2;
  using free = own(() => gaussianPrior<Weights>({ w: zeros([1, inputs]) }, { scale: 0.3 }));
  const whole = gibbsPosterior(lossesOf(0, examples), { prior: free.value });
  const dataFree = await certified(whole, await trained(whole, free.value, maurerObjective({ n: examples, delta: 0.025 })), examples);

  const first = await trained(gibbsPosterior(lossesOf(0, half), { prior: free.value }), free.value, bbbObjective({ n: half, weight: 0.01 }));
  using learnt = own(() => gaussianPrior<Weights>(unwhitened(free.value, ofRun(first, 0).mean), { scale: 0.3 }));
  const second = gibbsPosterior(lossesOf(half, examples), { prior: learnt.value });
  const informed = await certified(second, await trained(second, learnt.value, maurerObjective({ n: half, delta: 0.025 })), half);

  expect(informed.best.n).toBe(200);
  expect(informed.best.bound).toBeLessThan(dataFree.best.bound);
  expect(dataFree.best.bound).toBeLessThan(1);
  const { risk, kl } = informed.best;
  expect(exactPosterior({ risk: risk.mean, kl, draws: risk.draws }, { n: examples }).bound).toBeLessThan(informed.best.bound);
});
