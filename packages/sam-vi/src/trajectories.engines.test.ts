import { readFileSync } from "node:fs";
import { concat, dot, matMul, mul, reshape, sub, tensor1d, tensor2d, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import {
  adam,
  addDecayedWeights,
  chain,
  engine,
  key,
  meanField,
  momentum,
  own,
  withTensors,
  type Algorithm,
  type GradientTransform,
  type Params,
  type Tree,
} from "@lab/tensor-core";
import { noLeaks } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import type { Direction } from "./direction/direction.ts";
import { mixed } from "./direction/mixed.ts";
import { fixedScale } from "./fixed-scale.ts";
import { mixSam, sam } from "./named.ts";
import { perturbed, type PerturbedInfo, type PerturbedState } from "./perturbed.ts";

await engine();

// Golden: three steps by other implementations in double precision; each case of the file names its source.
type Base =
  | { readonly kind: "sgd"; readonly learningRate: number; readonly momentum: number; readonly weightDecay: number }
  | { readonly kind: "adam"; readonly learningRate: number };
type Case = {
  readonly name: string;
  readonly settings: { readonly rho: number; readonly kappa?: number };
  readonly baseOptimizer: Base;
  readonly expected: readonly { readonly mean: readonly number[] }[];
};
const golden = JSON.parse(readFileSync(new URL("../../../golden/sam-vi/trajectories.json", import.meta.url), "utf8")) as {
  readonly tolerance: { readonly float32: number };
  readonly problems: { readonly quadratic: { readonly A: number[][]; readonly b: number[]; readonly start: number[] } };
  readonly noise: readonly (readonly number[])[];
  readonly cases: readonly Case[];
};
const { A, b, start } = golden.problems.quadratic;

type P = { readonly first: Tensor; readonly last: Tensor };
const split = (values: readonly number[]): P => ({ first: tensor1d(values.slice(0, 2)), last: tensor1d(values.slice(2)) });
const whole = ({ first, last }: Params): Tensor => concat([first as Tensor, last as Tensor]);
/** ½ wᵀAw − bᵀw over two tensors. */
const loss = (p: P): Scalar => {
  const w = whole(p);
  return sub(mul(0.5, dot(w, reshape(matMul(tensor2d(A), reshape(w, [3, 1])), [3]))), dot(w, tensor1d(b)));
};

function transformOf(base: Base): GradientTransform {
  if (base.kind === "adam") return adam(base.learningRate) as GradientTransform;
  return chain(addDecayedWeights(base.weightDecay), momentum(base.learningRate, { decay: base.momentum })) as GradientTransform;
}

/** The direction that the file's noise stands for, one row a step. */
function listed(): Direction {
  let step = 0;
  return (_key, { mean }) => {
    const row = golden.noise[step++]!;
    return withTensors(mean, [tensor1d(row.slice(0, 2)), tensor1d(row.slice(2))]);
  };
}

function onMeanField(direction: Direction, rho: number, transform: GradientTransform): Algorithm<P, PerturbedState<P, Tree>, PerturbedInfo> {
  const { init, step } = perturbed(loss, { direction, transform: fixedScale(transform) });
  return { init: (mean) => init(meanField(mean, { scale: rho / Math.sqrt(3) })), step };
}

const algorithms: {
  readonly [name: string]: (rho: number, transform: GradientTransform, kappa: number) => Algorithm<P, PerturbedState<P, Tree>, PerturbedInfo>;
} = {
  "base optimizer alone (SAM with rho 0)": (rho, transform) => sam(loss, { rho, transform }),
  "SAM, SGD with momentum": (rho, transform) => sam(loss, { rho, transform }),
  "SAM, Adam": (rho, transform) => sam(loss, { rho, transform }),
  "RandomSAM, no penalty": (rho, transform) => onMeanField(listed(), rho, transform),
  "MixSAM, kappa 0": (rho, transform, kappa) => mixSam(loss, { rho, transform, kappa }),
  "MixSAM, kappa 1": (rho, transform, kappa) => onMeanField(mixed({ kappa, noise: listed() }), rho, transform),
};

describe("golden trajectories", () => {
  it("every case of the file has its algorithm", () => {
    expect(golden.cases.map(({ name }) => name).toSorted()).toEqual(Object.keys(algorithms).toSorted());
  });

  for (const { name, settings, baseOptimizer, expected } of golden.cases) {
    it(`three steps of "${name}" are those of another implementation`, () => {
      noLeaks(() => {
        const algorithm = algorithms[name]!(settings.rho, transformOf(baseOptimizer), settings.kappa ?? 0);
        using state = own(() => algorithm.init(split(start)));
        for (const [i, { mean }] of expected.entries()) {
          using info = state.advance((s) => algorithm.step(key(i), s));
          using seen = own(() => [whole(state.value.posterior.mean)]);
          expect(Number.isFinite(info.value.loss.dataSync()[0])).toBe(true);
          seen.value[0]!.dataSync().forEach((x, j) => expect(Math.abs(x - mean[j]!)).toBeLessThan(golden.tolerance.float32));
        }
      });
    });
  }
});
