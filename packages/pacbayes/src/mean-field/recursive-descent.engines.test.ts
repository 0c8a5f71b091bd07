import { cast, greater, less, matMul, mul, neg, reshape, sigmoid, slice, sub, tensor1d, zeros, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { chain, engine, key, normal, own, readSync, run, scaleByAdam, scoped, type Params } from "@lab/tensor-core";
import { noLeaks } from "@lab/tensor-core/testing";
import { expect, it } from "vitest";
import { recursiveBounds } from "../bounds/recursive.ts";
import { gaussianPrior } from "../gibbs/gaussian-prior.ts";
import { gaussianSampler } from "./gaussian-sampler.ts";
import { scaleByLearningRates } from "./learning-rates.ts";
import { ofRun } from "./mean-field.ts";
import { mcallesterObjective } from "./objective.ts";
import { excessObjective, recursiveDescent, type Rows } from "./recursive-descent.ts";

await engine();

type Weights = Params & { readonly w: Tensor };
const [examples, fresh, inputs] = [3200, 8000, 12];
/** Labels ±1 of a plane; the examples after the sample are fresh. */
const world = own(() => {
  const x = normal(key(1), [examples + fresh, inputs]) as Tensor2D;
  const y = sub(mul(cast(greater(matMul(x, normal(key(2), [inputs, 1]) as Tensor2D), 0), "float32"), 2), 1);
  return { x, y: reshape(y, [1, -1]), zero: zeros([1, inputs]) };
});
const margins = ({ w }: Weights, { from, to }: Rows): Tensor => {
  const x = slice(world.value.x, [from, 0], [to - from, inputs]);
  return mul(matMul(w as Tensor2D, x, false, true), slice(world.value.y as Tensor2D, [0, from], [1, to - from]));
};
const loss = {
  losses: (params: Weights, rows: Rows) => sigmoid(neg(margins(params, rows))),
  errors: (params: Weights, rows: Rows) => cast(less(margins(params, rows), 0), "float32"),
};
const prior = gaussianPrior<Weights>({ w: world.value.zero }, { scale: 0.5 });
const options = () => ({ prior, transform: chain(scaleByAdam(), scaleByLearningRates([0.05])), key: key(3), steps: 250 });

it("recursiveDescent() trains every stage against the one before: exact KL, bounds that fall from stage to stage, above the true risks", async () => {
  using single = await recursiveDescent(loss, { ...options(), parts: [examples] });
  using trained = await recursiveDescent(loss, { ...options(), parts: [50, 150, 3000] });
  const { bounds, stages, first, posteriors } = trained;
  expect(bounds).toEqual(recursiveBounds(first, stages, { delta: 0.025 }));
  expect([first.n, ...stages.map(({ n }) => n)]).toEqual([3200, 3150, 3000]);
  expect(trained.confidence).toBeCloseTo(0.965, 12);

  // KL between Gaussians from their means and scales in the coordinates of the first prior: the other formula. The first prior is N(0, I).
  const hosts = [{ mean: Array<number>(inputs).fill(0), logScale: Array<number>(inputs).fill(0) }].concat(
    posteriors.value.map((q) => ({ mean: Array.from(readSync(q).mean.w.data), logScale: Array.from(readSync(q).logScale.w.data) })),
  );
  [first.kl, ...stages.map(({ kl }) => kl)].forEach((kl, t) => {
    const [p, q] = [hosts[t]!, hosts[t + 1]!];
    const exact = q.mean.reduce((sum, m, j) => {
      const [s, r] = [q.logScale[j]!, p.logScale[j]!];
      return sum + r - s + (Math.exp(2 * s) + (m - p.mean[j]!) ** 2) / (2 * Math.exp(2 * r)) - 0.5;
    }, 0);
    // Float32 means and scales.
    expect(Math.abs(kl / exact - 1)).toBeLessThan(1e-4);
  });

  // Risks on fresh examples: 8000 of them and 500 draws, against bounds that are far off.
  for (const [t, bound] of bounds.entries()) {
    using copies = own(() => ofRun(posteriors.value[t]!, 0, { copies: 100 }));
    const energy = (u: Weights): Tensor => loss.errors({ w: mul(u.w, prior.scale) }, { from: examples, to: examples + fresh });
    using drawn = await run(gaussianSampler(energy), copies.value, { key: key(4), steps: 5, record: (_, info) => info });
    const risk = Array.from(drawn.trace.likelihood.data).reduce((s, x) => s + x, 0) / 500 / fresh;
    expect(risk).toBeLessThan(bound);
    expect(bound - risk).toBeGreaterThan(0.01);
  }
  // Each stage improves on the one before, as in the paper; that the last improves on the plain bound is no law, and in twelve dimensions it does not.
  bounds.slice(1).forEach((bound, t) => expect(bound).toBeLessThan(bounds[t]!));
  expect(single.bounds.length).toBe(1);
  expect(single.bound).toBeLessThan(bounds[0]!);
}, 120_000);

it("recursiveDescent() frees what it makes, and gives the same for the same key", async () => {
  const small = { ...options(), parts: [50, 50], steps: 5, draws: 20, copies: 10 };
  await noLeaks(async () => {
    using a = await recursiveDescent(loss, small);
    using b = await recursiveDescent(loss, small);
    expect(a.bounds).toEqual(b.bounds);
    expect(a.stages[0]!.shares).toEqual(b.stages[0]!.shares);
  });
});

it("excessObjective() is mcallesterObjective() at γ = 0, and widens its width by γ", () => {
  scoped(() => {
    const at = (objective: ReturnType<typeof mcallesterObjective>): number => objective(tensor1d([0.1]), tensor1d([30])).dataSync()[0]!;
    const [n, delta] = [1000, 0.05];
    const plain = at(mcallesterObjective({ n, delta }));
    expect(at(excessObjective({ n, delta, gamma: 0 }))).toBeCloseTo(plain, 6);
    expect(at(excessObjective({ n, delta, gamma: 0.5 })) - 0.1).toBeCloseTo(1.5 * (plain - 0.1), 6);
  });
  expect(() => excessObjective({ n: 1000, delta: 0.1, gamma: 1 })).toThrow("gamma must be in [0, 1), got 1");
});

it("recursiveDescent() names what makes no sense, before anything is trained", async () => {
  const say = (wrong: object): Promise<unknown> => recursiveDescent(loss, { ...options(), parts: [100, 100], ...wrong });
  await expect(say({ parts: [] })).rejects.toThrow("expected parts of at least 8 examples, got none");
  await expect(say({ parts: [100, 7] })).rejects.toThrow("expected parts of at least 8 examples, got 7");
  await expect(say({ gamma: 1 })).rejects.toThrow("gamma must be in (0, 1), got 1");
  await expect(say({ deltaRisk: 0 })).rejects.toThrow("deltaRisk must be in (0, 1), got 0");
  await expect(say({ copies: 1.5 })).rejects.toThrow("copies must be a whole number of at least 1, got 1.5");
  const smooth = { losses: loss.losses, errors: loss.losses };
  await expect(recursiveDescent(smooth, { ...options(), parts: [20], steps: 2, draws: 10, copies: 10 })).rejects.toThrow("expected errors of 0 or 1");
});
