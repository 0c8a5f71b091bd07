import { readFileSync } from "node:fs";
import { add, concat, dot, matMul, mean, mul, reshape, softplus, sub, tensor1d, tensor2d, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import {
  adam,
  addDecayedWeights,
  chain,
  engine,
  key,
  meanField,
  momentum,
  own,
  scoped,
  sgd,
  valueAndGrad,
  withTensors,
  type Algorithm,
  type GradientTransform,
  type Objective,
  type Params,
  type Tree,
} from "@lab/tensor-core";
import { noLeaks } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import type { Direction } from "./direction/direction.ts";
import { mixed } from "./direction/mixed.ts";
import { fixedScale } from "./fixed-scale.ts";
import { mixSam, sam } from "./named.ts";
import { klToPrior } from "./penalty/kl-to-prior.ts";
import { perturbed, type PerturbedInfo, type PerturbedState } from "./perturbed.ts";
import { elementwise } from "./relative.ts";
import { asam } from "./variant/asam.ts";
import { decoupledWsam, wsam } from "./variant/wsam.ts";

await engine();

// Golden: three steps by other implementations in double precision; each case of the file names its source.
type Base =
  | { readonly kind: "sgd"; readonly learningRate: number; readonly momentum: number; readonly weightDecay: number }
  | { readonly kind: "adam"; readonly learningRate: number };
type Case = {
  readonly name: string;
  readonly problem: "quadratic" | "logistic";
  readonly settings: { readonly rho: number; readonly kappa?: number };
  readonly baseOptimizer: Base;
  readonly expected: readonly { readonly mean: readonly number[]; readonly scale?: readonly number[]; readonly perturbed?: readonly number[] }[];
};
const golden = JSON.parse(readFileSync(new URL("../../../golden/sam-vi/trajectories.json", import.meta.url), "utf8")) as {
  readonly tolerance: { readonly float32: number };
  readonly problems: {
    readonly quadratic: {
      readonly A: number[][];
      readonly b: number[];
      readonly start: number[];
      readonly lossAtStart: number;
      readonly gradientAtStart: number[];
    };
    readonly logistic: { readonly X: number[][]; readonly y: number[]; readonly start: number[] };
  };
  readonly noise: readonly (readonly number[])[];
  readonly cases: readonly Case[];
};
const { A, b, start } = golden.problems.quadratic;
const { X, y, start: logisticStart } = golden.problems.logistic;

type P = { readonly first: Tensor; readonly last: Tensor };
const split = (values: readonly number[]): P => ({ first: tensor1d(values.slice(0, 2)), last: tensor1d(values.slice(2)) });
const whole = ({ first, last }: Params): Tensor => concat([first as Tensor, last as Tensor]);
/** ½ wᵀAw − bᵀw over two tensors. */
const quadratic = (p: P): Scalar => {
  const w = whole(p);
  return sub(mul(0.5, dot(w, reshape(matMul(tensor2d(A), reshape(w, [3, 1])), [3]))), dot(w, tensor1d(b)));
};
/** The mean over six rows of ln(1 + eˢ) − y s, s = x · w + bias. */
const logistic = ({ first, last }: P): Scalar => {
  const s = add(reshape(matMul(tensor2d(X), reshape(first, [2, 1])), [6]), last);
  return mean(sub(softplus(s), mul(tensor1d(y), s)));
};

function transformOf(base: Base): GradientTransform {
  if (base.kind === "adam") return adam(base.learningRate) as GradientTransform;
  return chain(addDecayedWeights(base.weightDecay), momentum(base.learningRate, { decay: base.momentum })) as GradientTransform;
}

/** The direction that the file's noise stands for, one row a step. */
function listed(from = 0): Direction {
  let step = from;
  return (_key, posterior) => {
    const row = golden.noise[step++]!;
    return withTensors(posterior.mean, [tensor1d(row.slice(0, 2)), tensor1d(row.slice(2))]);
  };
}

type Trained = Algorithm<P, PerturbedState<P, Tree>, PerturbedInfo>;
function onMeanField(loss: Objective<P, void>, direction: Direction, { rho, transform }: { rho: number; transform: GradientTransform }): Trained {
  const { init, step } = perturbed(loss, { direction, transform: fixedScale(transform) });
  return { init: (at) => init(meanField(at, { scale: rho / Math.sqrt(3) })), step };
}

/** The loss, and where it was last asked for: the point whose gradient drives the step. */
function watched(loss: (p: P) => Scalar): { readonly loss: (p: P) => Scalar; readonly last: () => readonly number[] } {
  let at: readonly number[] = [];
  return { loss: (p) => ((at = [...scoped(() => whole(p).dataSync())]), loss(p)), last: () => at };
}

const MFVI = "MFVI, corrected, steps taken in the scale itself";
const decayed = chain(addDecayedWeights(5e-4), momentum(0.1));
const algorithms: {
  readonly [name: string]: (
    loss: Objective<P, void>,
    options: { readonly rho: number; readonly transform: GradientTransform; readonly kappa: number },
  ) => Trained;
} = {
  "base optimizer alone (SAM with rho 0)": sam,
  "SAM, SGD with momentum": sam,
  "SAM, Adam": sam,
  "SAM, logistic regression": sam,
  "ASAM, element-wise on every tensor, no eta": (loss, options) => asam(loss, { ...options, relative: elementwise() }),
  "RandomSAM, no penalty": (loss, options) => onMeanField(loss, listed(), options),
  // The released factor 2 is in the file's number: 2 · 0.025/10² = 5e-4.
  "RandomSAM, penalty equal to weight decay 5e-4": (loss, { rho }) => onMeanField(loss, listed(), { rho, transform: decayed as GradientTransform }),
  "MixSAM, kappa 0": mixSam,
  "MixSAM, kappa 1": (loss, { kappa, ...options }) => onMeanField(loss, mixed({ kappa, noise: listed() }), options),
  "WSAM, decoupled": (loss, options) => decoupledWsam(loss, { ...options, learningRate: 0.1 }),
  "WSAM, coupled": wsam,
};

function near(found: readonly number[], truth: readonly number[]): void {
  expect(found).toHaveLength(truth.length);
  found.forEach((x, j) => expect(Math.abs(x - truth[j]!)).toBeLessThan(golden.tolerance.float32));
}

describe("golden trajectories", () => {
  it("the loss and the gradient at the start are those of the file", () => {
    scoped(() => {
      const { lossAtStart, gradientAtStart } = golden.problems.quadratic;
      const { value, grad } = valueAndGrad(quadratic)(split(start));
      near([value.dataSync()[0]!], [lossAtStart]);
      near([...whole(grad).dataSync()], gradientAtStart);
    });
  });

  it("every case of the file has its algorithm", () => {
    expect(golden.cases.map(({ name }) => name).toSorted()).toEqual([...Object.keys(algorithms), MFVI].toSorted());
  });

  for (const { name, problem, settings, baseOptimizer, expected } of golden.cases.filter((each) => each.name !== MFVI)) {
    it(`three steps of "${name}" are those of another implementation`, () => {
      noLeaks(() => {
        const options = { rho: settings.rho, transform: transformOf(baseOptimizer), kappa: settings.kappa ?? 0 };
        const { loss, last } = watched(problem === "quadratic" ? quadratic : logistic);
        const algorithm = algorithms[name]!(loss, options);
        using state = own(() => algorithm.init(split(problem === "quadratic" ? start : logisticStart)));
        for (const [i, { mean: after, perturbed: point }] of expected.entries()) {
          using info = state.advance((s) => algorithm.step(key(i), s));
          using seen = own(() => [whole(state.value.posterior.mean)]);
          expect(Number.isFinite(info.value.loss.dataSync()[0])).toBe(true);
          near([...seen.value[0]!.dataSync()], after);
          if (point !== undefined) near(last(), point);
        }
      });
    });
  }

  it(`three steps of "${MFVI}" follow from the gradients in mean and ln σ`, () => {
    noLeaks(() => {
      scoped(() => {
        let [at, sigma] = [start as readonly number[], Array.from({ length: 3 }, () => 0.5 / Math.sqrt(3)) as readonly number[]];
        const { loss, last } = watched(quadratic);
        for (const [i, { mean: after, scale, perturbed: point }] of golden.cases.find((each) => each.name === MFVI)!.expected.entries()) {
          const { init, step } = perturbed(loss, { direction: listed(i), transform: sgd(1), penalty: klToPrior({ n: 100 }) });
          const logScale = split(sigma.map(Math.log));
          const [{ posterior }] = step(key(0), init({ mean: split(at), logScale }));
          // The file steps in σ, 0.01 ∂σ with ∂ln σ = σ ∂σ, and 0.1 ∂mean.
          const [mu, l] = [whole(posterior.mean).dataSync(), whole(posterior.logScale).dataSync()];
          for (let j = 0; j < 3; j++) {
            expect(Math.abs(at[j]! - 0.1 * (at[j]! - mu[j]!) - after[j]!)).toBeLessThan(golden.tolerance.float32);
            expect(Math.abs(sigma[j]! - (0.01 * (Math.log(sigma[j]!) - l[j]!)) / sigma[j]! - scale![j]!)).toBeLessThan(golden.tolerance.float32);
          }
          near(last(), point!);
          [at, sigma] = [after, scale!];
        }
      });
    });
  });
});
