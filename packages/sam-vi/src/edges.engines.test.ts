import {
  add as plus,
  div,
  matMul,
  mean,
  mul,
  ones,
  reshape,
  scalar,
  slice,
  square,
  sub,
  sum,
  tensor1d,
  tensor2d,
  zeros,
  type Scalar,
  type Tensor,
} from "@tensorflow/tfjs-core";
import {
  addDecayedWeights,
  chain,
  engine,
  key,
  meanField,
  norm,
  own,
  scoped,
  sgd,
  type Algorithm,
  type GradientTransform,
  type Objective,
  type Params,
  type Tree,
} from "@lab/tensor-core";
import { algorithmLaws, expectation, noLeaks } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import { accumulated } from "./accumulated.ts";
import { adversarial } from "./direction/adversarial.ts";
import type { Direction } from "./direction/direction.ts";
import { ellipsoidal } from "./direction/ellipsoidal.ts";
import { fisher } from "./direction/fisher.ts";
import { gaussian } from "./direction/gaussian.ts";
import { mixed } from "./direction/mixed.ts";
import { kernels, restricted } from "./direction/restricted.ts";
import { fixedScale } from "./fixed-scale.ts";
import { stepsWithin } from "./gradient-budget.ts";
import { mfvi, mixSam, randomSam, sam, variationalSam } from "./named.ts";
import { klToPrior } from "./penalty/kl-to-prior.ts";
import { perturbed, type PerturbedInfo, type PerturbedState } from "./perturbed.ts";
import { separate } from "./separate.ts";
import { skipNonFinite } from "./skip-non-finite.ts";
import { asam } from "./variant/asam.ts";
import { friendlySam } from "./variant/friendly-sam.ts";
import { gsam } from "./variant/gsam.ts";
import { lookSam } from "./variant/look-sam.ts";
import { lookbehind } from "./variant/lookbehind.ts";
import { msam } from "./variant/msam.ts";
import { stableSam } from "./variant/stable-sam.ts";
import { wsam } from "./variant/wsam.ts";

await engine();

type P = { readonly w: Tensor };
const bowl = ({ w }: P): Scalar => sum(mul(square(w), tensor1d([1, 2, 3])));
const start = (): P => ({ w: tensor1d([1, -2, 0.5]) });
const numbers = (x: Tensor): number[] => [...x.dataSync()];
const checked = (body: () => void): void => noLeaks(() => scoped(body));
const frozen = (transform: GradientTransform): GradientTransform => fixedScale(transform) as GradientTransform;
const transform = sgd(0.1);

/** Each of them, as a function of a loss and what all of them take. */
type Member = <Q extends Params, Batch = void>(
  loss: Objective<Q, Batch>,
  options: { readonly rho?: number; readonly transform: GradientTransform },
) => Algorithm<Q, PerturbedState<Q, Tree>, PerturbedInfo, Batch>;
const members: { readonly [name: string]: Member } = {
  "sam()": sam,
  "asam()": asam,
  "mixSam()": mixSam,
  "gsam()": gsam,
  "stableSam()": stableSam,
  "wsam()": wsam,
  "friendlySam()": friendlySam,
  "lookSam()": lookSam,
  "lookbehind()": lookbehind,
  "msam()": msam,
};

for (const [name, member] of Object.entries(members)) {
  describe(name, () => {
    it(`${name} stays where the gradient is zero`, () =>
      checked(() => {
        const flat = ({ w }: P): Scalar => sum(mul(w, 0));
        const { init, step } = member<P>(flat, { rho: 0.1, transform });
        const [{ posterior }] = step(key(0), init(start()));
        expect(numbers(posterior.mean.w)).toEqual(numbers(start().w));
      }));

    it(`${name} shows a NaN in the loss that it reports, and skipNonFinite() passes over the step`, () =>
      checked(() => {
        const broken = ({ w }: P): Scalar => sum(mul(w, NaN));
        const { init, step } = member<P>(broken, { rho: 0.1, transform: skipNonFinite(transform) });
        const [{ posterior }, { loss }] = step(key(0), init(start()));
        expect(loss.dataSync()[0]).toBeNaN();
        expect(numbers(posterior.mean.w)).toEqual(numbers(start().w));
        const careless = member<P>(broken, { rho: 0.1, transform });
        expect(careless.step(key(0), careless.init(start()))[0].posterior.mean.w.dataSync()[0]).toBeNaN();
      }));

    it(`${name} names a parameter that the loss ignores, and refuses an empty batch and a bad radius`, () =>
      checked(() => {
        const partial = ({ w }: P & { readonly unused: Tensor }): Scalar => sum(square(w));
        const one = member<P & { readonly unused: Tensor }>(partial, { transform });
        expect(() => one.step(key(0), one.init({ ...start(), unused: tensor1d([1]) }))).toThrow('the loss does not depend on "unused"');
        const batched = member<P, Tensor>(({ w }, x) => mean(square(sub(x, sum(w)))), { transform });
        expect(() => batched.step(key(0), batched.init(start()), zeros([0]))).toThrow("a batch with examples, got a tensor of shape [0]");
        for (const rho of [-1, NaN, Infinity]) expect(() => member<P>(bowl, { rho, transform })).toThrow(`expected rho in [0, ∞), got ${rho}`);
      }));
  });
}

describe("laws of the family", () => {
  it("variationalSam() with a frozen scale is sam(), in both forms, but for the prior's pull", () =>
    checked(() => {
      for (const scaleGradient of ["perturbed", "clean"] as const) {
        const learned = variationalSam<P>(bowl, { n: 1e30, rho: 0.3, scaleGradient, transform: frozen(transform) });
        const plain = sam<P>(bowl, { rho: 0.3, transform });
        const [[a], [b]] = [learned.step(key(0), learned.init(start())), plain.step(key(0), plain.init(start()))];
        numbers(a.posterior.mean.w).forEach((x, i) => expect(x).toBeCloseTo(numbers(b.posterior.mean.w)[i]!, 6));
      }
    }));

  it("mfvi() with a frozen scale is randomSam() with weight decay 1/(n σ₀²)", () =>
    checked(() => {
      const learned = mfvi<P>(bowl, { n: 20, prior: { scale: 2 }, rho: 0.3, transform: frozen(transform) });
      const decayed = chain(addDecayedWeights(1 / 80), transform) as unknown as GradientTransform;
      const plain = randomSam<P>(bowl, { rho: 0.3, transform: decayed });
      const [[a], [b]] = [learned.step(key(4), learned.init(start())), plain.step(key(4), plain.init(start()))];
      numbers(a.posterior.mean.w).forEach((x, i) => expect(x).toBeCloseTo(numbers(b.posterior.mean.w)[i]!, 6));
    }));

  it("randomSam() has the mean square radius ρ², and the gradient of its base in expectation", () =>
    checked(() => {
      const rho = 0.5;
      const { init, step } = randomSam<P>(bowl, { rho, transform });
      const from = init(start());
      // For L = Σ aᵢ wᵢ²: L(w + ε) has the mean L(w) + Σ aᵢ ρ²/D.
      const steps = Array.from({ length: 600 }, (_, i) => step(key(i), from));
      expectation(
        steps.map(([, { loss }]) => loss.dataSync()[0]!),
        1 + 8 + 0.75 + (rho ** 2 * 6) / 3,
        { ess: 300 },
      );
      [1 - 0.2, -2 + 0.8, 0.5 - 0.3].forEach((truth, i) =>
        expectation(
          steps.map(([{ posterior }]) => posterior.mean.w.dataSync()[i]!),
          truth,
          { ess: 300 },
        ),
      );
    }));

  it("mixSam() follows a schedule of κ, and a radius that is one", () =>
    checked(() => {
      const scheduled = mixSam<P>(bowl, { rho: () => scalar(0.3), kappa: (count) => mul(plus(count, 1), 0.5), transform });
      const constant = mixSam<P>(bowl, { rho: 0.3, kappa: 1, transform });
      const [first] = scheduled.step(key(1), scheduled.init(start()));
      const from = constant.init(first.posterior.mean);
      const [[a], [b]] = [scheduled.step(key(2), first), constant.step(key(2), from)];
      numbers(a.posterior.mean.w).forEach((x, i) => expect(x).toBeCloseTo(numbers(b.posterior.mean.w)[i]!, 5));
    }));

  it("a mean of K draws is a mean of the gradients at K points of their own, in each part of a batch", () =>
    checked(() => {
      const met: number[][] = [];
      const watched = (p: P, parts: Tensor): Scalar => {
        met.push(numbers(p.w));
        return plus(bowl(p), mul(sum(parts), 0));
      };
      const algorithm = randomSam<P, Tensor>(watched, { rho: 0.3, samples: 3, chunks: 2, transform });
      const [{ posterior }] = algorithm.step(key(0), algorithm.init(start()), ones([4]));
      expect(met).toHaveLength(6);
      // Draws that share a key would meet the loss at the same point.
      expect(new Set(met.map((at) => at.join())).size).toBe(6);
      // ∇ = 2 (1, 2, 3) ⊙ w
      numbers(posterior.mean.w).forEach((x, i) => {
        const slope = met.reduce((total, at) => total + (2 * (i + 1) * at[i]!) / 6, 0);
        expect(x).toBeCloseTo([1, -2, 0.5][i]! - 0.1 * slope, 5);
      });
    }));

  it("a step asks for as many gradients as it says", () =>
    checked(() => {
      let asked = 0;
      const counting = (p: P): Scalar => {
        asked += 1;
        return bowl(p);
      };
      for (const [algorithm, gradients] of [
        [randomSam<P>(counting, { samples: 3, transform }), 3],
        [mixSam<P>(counting, { samples: 3, transform }), 4],
        [sam<P>(counting, { transform }), 2],
        [gsam<P>(counting, { transform }), 2],
        [msam<P>(counting, { transform }), 1],
      ] as const) {
        asked = 0;
        algorithm.step(key(0), algorithm.init(start()) as never);
        expect(asked).toBe(gradients);
        expect(algorithm.gradientsPerStep).toBe(gradients);
      }
      expect(stepsWithin(120, { gradientsPerStep: 1.2 })).toBe(100);
      expect(() => stepsWithin(1, { gradientsPerStep: 2 })).toThrow("at least one step of 2, got 1");
    }));
});

describe("directions", () => {
  const q = (): { mean: { kernel: Tensor; bias: Tensor }; logScale: { kernel: Tensor; bias: Tensor } } =>
    meanField({ kernel: zeros([10, 10]), bias: zeros([50]) }, { scale: 0.1 });
  const grad = <T extends Params>(at: T): T =>
    ({
      ...at,
      kernel: tensor2d(
        Array.from({ length: 100 }, (_, i) => Math.sin(i)),
        [10, 10],
      ),
      bias: tensor1d(Array.from({ length: 50 }, (_, i) => i)),
    }) as unknown as T;

  it("restricted() directions have norm √D over what is left in, and nothing of the rest", () =>
    checked(() => {
      for (const direction of [adversarial(), ellipsoidal(), mixed({ kappa: 2 })] as readonly Direction[]) {
        const u = restricted(direction, kernels)(key(1), q(), grad);
        expect(norm(u).dataSync()[0]).toBeCloseTo(Math.sqrt(150), 3);
        expect(norm({ bias: u.bias }).dataSync()[0]).toBe(0);
      }
      const draws = Array.from({ length: 100 }, (_, i) => square(norm(restricted(gaussian(), kernels)(key(i), q(), grad))).dataSync()[0]!);
      expectation(draws, 150, { ess: 50 });
      expect(() => restricted(gaussian(), () => false)(key(0), q(), grad)).toThrow("at least one of kernel, bias to be left in, got none");
    }));

  it("ellipsoidal() has norm √D whatever the scale, and fisher() norm √D in its own metric", () =>
    checked(() => {
      const { mean: at, logScale } = q();
      const uneven = { mean: at, logScale: { kernel: plus(logScale.kernel, grad(at).kernel), bias: logScale.bias } };
      expect(norm(ellipsoidal()(key(0), uneven, grad)).dataSync()[0]).toBeCloseTo(Math.sqrt(150), 3);
      for (const eta of [0, 1, 5]) {
        const u = fisher({ eta })(key(0), q(), grad);
        const weighted = {
          kernel: mul(square(u.kernel), plus(1, mul(square(grad(at).kernel), eta))),
          bias: mul(square(u.bias), plus(1, mul(square(grad(at).bias), eta))),
        };
        expect(plus(sum(weighted.kernel), sum(weighted.bias)).dataSync()[0]).toBeCloseTo(150, 2);
      }
      expect(() => fisher({ eta: -1 })).toThrow("expected eta in [0, ∞), got -1");
    }));
});

describe("accumulated(), separate() and skipNonFinite()", () => {
  it("accumulated() over k steps of batches is a step of chunks", () =>
    checked(() => {
      const X = tensor2d([
        [1, 2, 0],
        [-1.5, 0.3, 1],
        [0.2, -1, 2],
        [2, 0.5, -1],
      ]);
      const loss = ({ w }: P, x: Tensor): Scalar => mean(square(reshape(matMul(x as never, reshape(w, [3, 1])), [-1])));
      const slow = sam<P, Tensor>(loss, { rho: 0.2, transform: accumulated(transform, { steps: 2 }) });
      const whole = sam<P, Tensor>(loss, { rho: 0.2, chunks: 2, transform });
      const [half] = slow.step(key(0), slow.init(start()), slice(X, [0, 0], [2, 3]));
      expect(numbers(half.posterior.mean.w)).toEqual(numbers(start().w));
      const [[a], [b]] = [slow.step(key(1), half, slice(X, [2, 0], [2, 3])), whole.step(key(0), whole.init(start()), X)];
      numbers(a.posterior.mean.w).forEach((x, i) => expect(x).toBeCloseTo(numbers(b.posterior.mean.w)[i]!, 6));
      expect(() => accumulated(transform, { steps: 0 })).toThrow("a whole number of at least 1, got 0");
    }));

  const learned = separate({ mean: skipNonFinite(accumulated(sgd(0.1), { steps: 2 })), logScale: sgd(0.01) });
  const algorithm = perturbed<P, Tree>(bowl, { direction: gaussian(), penalty: klToPrior({ n: 10 }), transform: learned as GradientTransform, samples: 2 });
  for (const { says, holds } of algorithmLaws("perturbed() with both", { algorithm, position: () => meanField(start(), { scale: 0.1 }) })) it(says, holds);

  it("skipNonFinite() keeps its memory where a gradient is infinite", () => {
    noLeaks(() => {
      const kept = skipNonFinite(accumulated(sgd(1), { steps: 3 }));
      using at = own(() => ({ w: tensor1d([1]) }));
      using state = own(() => kept.init(at.value));
      for (const g of [2, Infinity, 4, 6]) {
        using updates = state.advance((s) => {
          const [u, next] = kept.update({ w: div(tensor1d([g]), 1) }, s, at.value);
          return [next, u] as const;
        });
        expect(updates.value.w.dataSync()[0]).toBe(g === 6 ? -4 : 0);
      }
    });
  });
});
