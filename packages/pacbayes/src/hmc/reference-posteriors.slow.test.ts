import { readFileSync } from "node:fs";
import {
  add,
  concat,
  exp,
  fill,
  log,
  matMul,
  mul,
  neg,
  scalar,
  slice,
  softplus,
  square,
  sub,
  tensor1d,
  tensor2d,
  type Tensor,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import { engine, key, normal, own, run, type Algorithm, type Params } from "@lab/tensor-core";
import { expectation } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import { chains } from "../diagnostics/draws.ts";
import { rHat } from "../diagnostics/r-hat.ts";
import { acceptanceRatio } from "../evidence/acceptance-ratio.ts";
import { replicated } from "../evidence/replicated.ts";
import type { Energy } from "../gibbs/gibbs-posterior.ts";
import { mala } from "../langevin/mala.ts";
import { replicaExchange } from "../tempering/replica-exchange.ts";
import { adapted, frozen } from "./adapted.ts";
import { hmc, type HmcInfo, type HmcStart, type HmcState } from "./hmc.ts";
import { nuts } from "./nuts.ts";
import { jitteredSteps } from "./trajectory.ts";

await engine();

type Point = Params & { readonly u: Tensor };
type Estimated = { readonly mean: number; readonly error: number };
type Posterior = {
  readonly energy: Energy<Point>;
  readonly dimension: number;
  /** The spread of the start, and its first step size. */
  readonly near: number;
  /** What is compared, [chain, quantity], and its truths. */
  readonly of: (u: Tensor) => Tensor;
  readonly truths: readonly number[];
  readonly energyTruth?: number;
};
type Sampler = Algorithm<HmcStart<Point>, HmcState<Point>, HmcInfo>;

const golden = (file: string): string => readFileSync(new URL(`../../../../golden/pacbayes/${file}`, import.meta.url), "utf8");
const column = (u: Tensor, i: number, count = 1): Tensor => slice(u as Tensor2D, [0, i], [u.shape[0]!, count]);

/** Importance sampling of the power posteriors; the truth's own errors are a fiftieth of what these draws have. */
const pimaRungs = (
  JSON.parse(golden("pima.json")) as {
    readonly rungs: readonly ({ readonly lambda: number } & { readonly [name in "logZ" | "energy"]: Estimated } & {
      readonly [name in "coordinates" | "squares"]: readonly Estimated[];
    })[];
  }
).rungs;

/** θ ~ N(0, 100 I) whitened: U = Σ ln(1 + e^{−s⟨x, θ⟩}). */
function pima(): Posterior {
  const truth = pimaRungs.find(({ lambda }) => lambda === 1)!;
  const table = golden("pima.csv")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(",").map(Number));
  const standard = [1, 2, 3, 4].map((j) => {
    const values = table.map((row) => row[j]!);
    const mean = values.reduce((s, x) => s + x, 0) / values.length;
    const sd = Math.sqrt(values.reduce((s, x) => s + (x - mean) ** 2, 0) / (values.length - 1));
    return values.map((x) => (x - mean) / sd);
  });
  const rows = table.map(([y], i) => [1, ...standard.map((values) => values[i]!)].map((x) => x * (2 * y! - 1)));
  const theta = (u: Tensor): Tensor => mul(u, 10);
  return {
    energy: ({ u }) => softplus(neg(matMul(theta(u) as Tensor2D, tensor2d(rows), false, true))),
    dimension: 5,
    near: 0.01,
    of: (u) => concat([theta(u), square(theta(u))], 1),
    truths: [...truth.coordinates, ...truth.squares].map(({ mean }) => mean),
    energyTruth: truth.energy.mean,
  };
}

/** u = (effects in units of τ, μ/5, ln τ): U holds the likelihood, and the half-Cauchy prior of τ against the N(0, 1) that whitening gives to ln τ. */
function eightSchools(): Posterior {
  const { y, sigma, mean, square: second } = JSON.parse(golden("eight-schools.json")) as { readonly [name in "y" | "sigma" | "mean" | "square"]: number[] };
  const effects = (u: Tensor): Tensor => add(mul(column(u, 8), 5), mul(exp(column(u, 9)), column(u, 0, 8)));
  const tau = (u: Tensor): Tensor => exp(column(u, 9));
  return {
    energy: ({ u }) => {
      const v = column(u, 9);
      const residual = mul(sub(effects(u), tensor1d(y)), tensor1d(sigma.map((s) => 1 / s)));
      const prior = sub(sub(log(add(1, square(mul(exp(v), 0.2)))), v), mul(square(v), 0.5));
      return concat([mul(square(residual), 0.5), prior], 1);
    },
    dimension: 10,
    near: 0.3,
    of: (u) => {
      const all = concat([effects(u), mul(column(u, 8), 5), tau(u)], 1);
      return concat([all, square(slice(all as Tensor2D, [0, 0], [u.shape[0]!, 9]))], 1);
    },
    truths: [...mean, ...second.slice(0, 9)],
  };
}

/**
 * u = (α, γ, ln σ), each shifted and scaled to about one: kid_score ~ N(α + γ (mom_iq − 85)/15, σ). 85 is off their mean of 100, so that α and γ depend on each other.
 * U takes back the N(0, 1) that whitening gives: α and γ are flat, σ is half-Cauchy(2.5).
 */
function kidiq(): Posterior {
  const { mean, sd } = JSON.parse(golden("kidiq.json")) as { readonly [name in "mean" | "sd"]: number[] };
  const pairs = golden("kidiq.csv")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(",").map(Number) as [number, number]);
  const scores = pairs.map(([score]) => score);
  const standard = pairs.map(([, iq]) => (iq - 85) / 15);
  const line = (u: Tensor): readonly [Tensor, Tensor] => [add(column(u, 0), 78), add(column(u, 1), 9)];
  const logSigma = (u: Tensor): Tensor => add(mul(column(u, 2), 1 / 30), Math.log(18));
  return {
    energy: ({ u }) => {
      const [alpha, gamma] = line(u);
      const v = logSigma(u);
      const residual = sub(add(alpha, mul(gamma, tensor1d(standard))), tensor1d(scores));
      const terms = add(mul(square(mul(residual, exp(neg(v)))), 0.5), v);
      const prior = sub(log(add(1, square(mul(exp(v), 1 / 2.5)))), v);
      return concat([terms, prior, mul(square(u), -0.5)], 1);
    },
    dimension: 3,
    near: 0.3,
    of: (u) => {
      const [alpha, gamma] = line(u);
      const slope = mul(gamma, 1 / 15);
      const all = concat([sub(alpha, mul(slope, 85)), slope, exp(logSigma(u))], 1);
      return concat([all, square(sub(all, tensor1d(mean)))], 1);
    },
    truths: [...mean, ...sd.map((s) => s * s)],
  };
}

const samplers: readonly (readonly [string, (energy: Energy<Point>) => Sampler, { readonly target: number; readonly warm: number; readonly draws: number }])[] =
  [
    ["hmc()", (energy) => hmc(energy, { trajectory: jitteredSteps(10) }), { target: 0.8, warm: 300, draws: 600 }],
    ["nuts()", (energy) => nuts(energy, { mostDoublings: 6 }), { target: 0.8, warm: 200, draws: 300 }],
    ["mala()", (energy) => mala(energy), { target: 0.574, warm: 1000, draws: 5000 }],
  ];

describe.each([
  ["logistic regression of 532 Pima women", pima],
  ["eight schools", eightSchools],
  ["434 children's scores given their mothers' IQ", kidiq],
] as const)("%s", (name, posterior) => {
  it.each(samplers)(`%s has the reference moments of ${name}`, async (_, of, { target, warm, draws }) => {
    const { energy, dimension, near, of: quantities, truths, energyTruth } = posterior();
    const count = 32;
    const sampler = of(energy);
    using from = own(() => ({ position: { u: mul(normal(key(1), [count, dimension]), near) }, lambda: fill([count], 1), stepSize: scalar(near) }));
    using warmed = await run(adapted(sampler, { target }), from.value, { key: key(2), steps: warm });
    using begin = own(() => frozen(warmed.state.value));
    using drawn = await run(sampler, begin.value, {
      key: key(3),
      steps: draws,
      record: ({ position }, { likelihood, divergent }) => ({ quantities: quantities(position.u), likelihood, divergent }),
    });
    const each = (quantity: number): number[][] =>
      Array.from({ length: count }, (_, chain) => Array.from({ length: draws }, (_, draw) => drawn.trace.quantities.get(draw, chain, quantity)));
    truths.forEach((truth, quantity) => {
      expectation(each(quantity), truth, { ess: 400 });
      expect(rHat(each(quantity))).toBeLessThan(1.05);
    });
    if (energyTruth !== undefined) expectation(chains(drawn.trace.likelihood), energyTruth, { ess: 400 });
    // A proposal far up the scale of the schools overshoots now and then, and is rejected.
    expect(Array.from(drawn.trace.divergent.data).reduce((s, one) => s + Number(one), 0)).toBeLessThan(0.01 * count * draws);
  });
});

/** U = (1 − x)² + 10 (y − x²)² with prior N(0, I): λ, ln Z and E_λ[U] by quadrature, to eight digits. */
const rosenbrock: Energy<Point> = ({ u }) => concat([square(sub(1, column(u, 0))), mul(square(sub(column(u, 1), square(column(u, 0)))), 10)], 1);
const rosenbrockRungs = [
  [0.1, -0.98105501, 5.02023165],
  [0.5, -2.06477506, 1.715776],
  [1, -2.70815578, 0.98818223],
  [2, -3.41741469, 0.52326318],
  [5, -4.38168477, 0.21001838],
] as const;

type Climb = {
  readonly posterior: Pick<Posterior, "energy" | "dimension" | "near">;
  readonly ladder: readonly number[];
  /** λ, ln Z and E_λ[U]. */
  readonly truths: readonly (readonly [number, number, number])[];
};
const climbs: readonly (readonly [string, Climb])[] = [
  [
    "the logistic regression of Pima women",
    {
      posterior: { energy: pima().energy, dimension: 5, near: 0.05 },
      ladder: [...Array.from({ length: 12 }, (_, i) => 0.1 * (i / 12) ** 4), 0.1, 0.16, 0.24, 0.35, 0.5, 0.7, 1],
      truths: pimaRungs.map(({ lambda, logZ, energy }) => [lambda, logZ.mean, energy.mean] as const),
    },
  ],
  [
    "Rosenbrock's function",
    {
      posterior: { energy: rosenbrock, dimension: 2, near: 0.5 },
      ladder: [0, 0.003, 0.01, 0.03, 0.1, 0.22, 0.5, 1, 2, 3.2, 5],
      truths: rosenbrockRungs,
    },
  ],
];

it.each(climbs)(
  "acceptanceRatio() of draws by replicaExchange() has the evidence, the energy and the KL of %s on every rung that is known",
  async (_, { posterior, ladder, truths }) => {
    const { energy, dimension, near } = posterior;
    const [copies, draws] = [16, 600];
    const sampler = replicaExchange(hmc(energy, { trajectory: jitteredSteps(10) }), { ladder });
    using from = own(() => ({ position: { u: mul(normal(key(11), [copies * ladder.length, dimension]), near) }, stepSize: scalar(near) }));
    using warmed = await run(adapted(sampler, { most: 1 }), from.value, { key: key(12), steps: 300 });
    using begin = own(() => frozen(warmed.state.value));
    using drawn = await run(sampler, begin.value, { key: key(13), steps: draws, record: (_, { likelihood }) => ({ likelihood }) });
    const energies = chains(drawn.trace.likelihood);
    // Rungs that exchange states depend on each other; the c-th chains of all rungs trade among themselves alone, so that copies of the ladder are independent.
    const estimates = Array.from({ length: copies }, (_, c) => acceptanceRatio(ladder.map((lambda, i) => ({ lambda, energies: [energies[i * copies + c]!] }))));
    for (const [lambda, logZ, meanEnergy] of truths) {
      const at = ladder.indexOf(lambda);
      const known = (of: readonly number[], truth: number, largest: number): void => {
        const { mean, error } = replicated(of);
        expect(error, `the error at ${lambda}`).toBeLessThan(largest);
        expect(Math.abs(mean - truth), `${mean} at ${lambda}, truth ${truth}`).toBeLessThan(5 * error);
      };
      known(
        estimates.map((rungs) => rungs[at]!.freeEnergy),
        -logZ,
        0.1,
      );
      known(
        estimates.map((rungs) => rungs[at]!.kl),
        -logZ - lambda * meanEnergy,
        0.1,
      );
      expectation(energies.slice(at * copies, (at + 1) * copies), meanEnergy, { ess: 400 });
    }
  },
);
