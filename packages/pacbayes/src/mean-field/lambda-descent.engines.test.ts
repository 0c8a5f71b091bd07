import { add, mul, square, sub, zeros, type Tensor } from "@tensorflow/tfjs-core";
import { chain, engine, key, own, run, scaleByAdam, type Params } from "@lab/tensor-core";
import { algorithmLaws } from "@lab/tensor-core/testing";
import { expect, it } from "vitest";
import { bestLambda } from "../bounds/lambda.ts";
import { quadratic } from "../bounds/quadratic.ts";
import { gaussianPrior } from "../gibbs/gaussian-prior.ts";
import { lambdaDescent } from "./lambda-descent.ts";
import { scaleByLearningRates } from "./learning-rates.ts";
import { meanFieldAtPrior } from "./mean-field.ts";

await engine();

type Weights = Params & { readonly w: Tensor };
const delta = 0.025;
const transform = chain(scaleByAdam(), scaleByLearningRates([0.02, 0.02]));
const start = () => meanFieldAtPrior(gaussianPrior<Weights>({ w: zeros([1, 40]) }, { scale: 1 }), { runs: 2 });

it.each([
  [1000, 0.1],
  [1000, 0.7],
  [50, 0.3],
  [60_000, 0.01],
])("lambdaDescent() takes λ from both sides to its closed form, where the risk does not depend on the weights: n = %i, r̂ = %f", async (n, risk) => {
  // The prior is then optimal, and stays: r̂ and KL = 0 are exact at every step.
  using from = own(start);
  const algorithm = lambdaDescent(({ w }: Weights) => add(mul(w, 0), risk), { n, delta, transform, logit: [6, -6] });
  using result = await run(algorithm, from.value, { key: key(1), steps: 600, record: (_, { lambda, objective }) => ({ lambda, objective }) });
  const certificate = { empiricalRisk: risk, kl: 0, n, delta };
  const truth = bestLambda(certificate);
  for (const which of [0, 1]) {
    // Adam's last steps are of a hundredth of its rate: not derived.
    expect(Math.abs(result.trace.lambda.get(599, which) / truth - 1)).toBeLessThan(0.01);
    // At the minimum an error ε in λ is one of ε² in the bound.
    expect(Math.abs(result.trace.objective.get(599, which) / quadratic(certificate) - 1)).toBeLessThan(1e-3);
  }
});

it("lambdaDescent() follows the closed-form λ of the Gaussians that it trains, and ends far below the bound of the λ that it began with", async () => {
  const n = 500;
  using from = own(start);
  const algorithm = lambdaDescent(({ w }: Weights) => add(mul(square(sub(w, 0.5)), 0.3), 0.05), { n, delta, transform });
  using result = await run(algorithm, from.value, { key: key(2), steps: 900, record: (_, info) => info });
  const late = (column: "risk" | "kl" | "lambda" | "objective", which: number): number =>
    Array.from({ length: 300 }, (_, t) => result.trace[column].get(600 + t, which)).reduce((s, x) => s + x, 0) / 300;
  for (const which of [0, 1]) {
    const certificate = { empiricalRisk: late("risk", which), kl: late("kl", which), n, delta };
    // Noise of one draw a step through Adam, averaged: not derived.
    expect(Math.abs(late("lambda", which) / bestLambda(certificate) - 1)).toBeLessThan(0.05);
    expect(Math.abs(late("objective", which) / quadratic(certificate) - 1)).toBeLessThan(0.02);
    expect(late("kl", which)).toBeGreaterThan(0.5);
    expect(late("objective", which)).toBeLessThan(0.7 * result.trace.objective.get(0, which));
  }
});

for (const { says, holds } of algorithmLaws("lambdaDescent()", {
  algorithm: lambdaDescent(({ w }: Weights) => square(sub(mul(w, 0.3), 0.2)), { n: 1000, delta, transform }),
  position: start,
}))
  it(says, holds);

it("lambdaDescent() names a number that makes no sense", () => {
  const energy = ({ w }: Weights): Tensor => w;
  expect(() => lambdaDescent(energy, { n: 7, delta, transform })).toThrow("n must be a whole number of at least 8, got 7");
  expect(() => lambdaDescent(energy, { n: 8, delta: 1, transform })).toThrow("delta must be in (0, 1), got 1");
  expect(() => lambdaDescent(energy, { n: 8, delta, transform, logit: NaN })).toThrow("expected a finite start for each run, got NaN");
  expect(() => lambdaDescent(energy, { n: 8, delta, transform, logit: [] })).toThrow("got none");
  expect(() => own(() => lambdaDescent(energy, { n: 8, delta, transform, logit: [1, 2, 3] }).init(start()))).toThrow("a start for each of 2 runs, got 3");
});
