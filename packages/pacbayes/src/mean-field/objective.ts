import {
  add,
  clipByValue,
  customGrad,
  div,
  less,
  log,
  maximum,
  minimum,
  mul,
  onesLike,
  sqrt,
  square,
  sub,
  where,
  type GradSaveFunc,
  type Tensor,
} from "@tensorflow/tfjs-core";

/**
 * What a mean-field Gaussian descends, from its risk and its KL, [run] each; differentiable in both, float32.
 *
 * An objective is no certificate: it rounds, and sees one draw of the risk.
 */
export type BoundObjective = (risk: Tensor, kl: Tensor) => Tensor;

/** The sample's size and the bound's δ. */
export type ObjectiveOptions = { readonly n: number; readonly delta: number };

/** c = (KL + ln(2√n/δ))/n, what the objectives share. */
export const budget = (kl: Tensor, { n, delta }: ObjectiveOptions): Tensor => div(add(kl, Math.log((2 * Math.sqrt(n)) / delta)), n);

/**
 * fquad = (√(r̂ + B) + √B)², B = (KL + ln(2√n/δ))/(2n): the objective form of `quadratic` [PerezOrtiz2021, Equation 8].
 *
 * @throws RangeError unless n is a whole number of at least 8 and δ in (0, 1)
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { quadraticObjective } from "@lab/pacbayes";
 * quadraticObjective({ n: 60_000, delta: 0.05 })(tensor1d([0.02]), tensor1d([100])).dataSync()[0].toFixed(5); // => "0.03054"
 * ```
 */
export function quadraticObjective(options: ObjectiveOptions): BoundObjective {
  checkedObjective(options);
  return (risk, kl) => {
    const half = div(budget(kl, options), 2);
    return square(add(sqrt(add(risk, half)), sqrt(half)));
  };
}

/**
 * kl⁻¹(r̂, c), c = (KL + ln(2√n/δ))/n, with gradients by implicit differentiation: ∂p/∂r̂ = −kl_q/kl_p, ∂p/∂c = 1/kl_p [GarciaPerez2025].
 *
 * kl_q = ln(q(1 − p)/(p(1 − q))), kl_p = (p − q)/(p(1 − p)), at q = r̂ and p = kl⁻¹: the objective form of `maurer`. Bisection in float32, 24 halvings.
 *
 * @throws RangeError unless n is a whole number of at least 8 and δ in (0, 1)
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { maurerObjective } from "@lab/pacbayes";
 * maurerObjective({ n: 60_000, delta: 0.05 })(tensor1d([0.02]), tensor1d([100])).dataSync()[0].toFixed(5); // => "0.02964"
 * ```
 */
export function maurerObjective(options: ObjectiveOptions): BoundObjective {
  checkedObjective(options);
  const inverse = customGrad((q, c, save) => {
    const [risk, limit] = [clipByValue(q as Tensor, EDGE, 1 - EDGE), c as Tensor];
    const p = klInverse(risk, limit);
    (save as GradSaveFunc)([risk, p]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const [risk, p] = saved as [Tensor, Tensor];
      const byRisk = log(div(mul(risk, sub(1, p)), mul(p, sub(1, risk))));
      const byBound = div(maximum(sub(p, risk), EDGE), mul(p, sub(1, p)));
      return [div(mul(dy, mul(byRisk, -1)), byBound), div(dy, byBound)];
    };
    return { value: p, gradFunc };
  });
  return (risk, kl) => inverse(risk, budget(kl, options));
}

/**
 * fclassic = r̂ + √((KL + ln(2√n/δ))/(2n)): the objective form of `mcallester` [PerezOrtiz2021].
 *
 * @throws RangeError unless n is a whole number of at least 8 and δ in (0, 1)
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { mcallesterObjective } from "@lab/pacbayes";
 * mcallesterObjective({ n: 60_000, delta: 0.05 })(tensor1d([0.02]), tensor1d([100])).dataSync()[0].toFixed(5); // => "0.05016"
 * ```
 */
export function mcallesterObjective(options: ObjectiveOptions): BoundObjective {
  checkedObjective(options);
  return (risk, kl) => add(risk, sqrt(div(budget(kl, options), 2)));
}

/**
 * flambda = r̂/(1 − λ/2) + (KL + ln(2√n/δ))/(nλ(1 − λ/2)), λ in (0, 2): the objective form of `lambda` [PerezOrtiz2021; Thiemann2017].
 *
 * λ is fixed while the Gaussian descends: `lambdaDescent` trains it too. Its minimum over λ is `quadraticObjective`, with the same gradients.
 *
 * @throws RangeError unless n is a whole number of at least 8, δ in (0, 1) and λ in (0, 2)
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { lambdaObjective } from "@lab/pacbayes";
 * lambdaObjective({ n: 60_000, delta: 0.05, lambda: 0.35 })(tensor1d([0.02]), tensor1d([100])).dataSync()[0].toFixed(5); // => "0.03054"
 * ```
 */
export function lambdaObjective({ lambda, ...options }: ObjectiveOptions & { readonly lambda: number }): BoundObjective {
  checkedObjective(options);
  if (!(lambda > 0 && lambda < 2)) throw new RangeError(`Cannot form an objective: lambda must be in (0, 2), got ${lambda}`);
  return atLambda(lambda, options);
}

/** flambda at a λ that may be a tensor, [run]. */
export function atLambda(lambda: number | Tensor, options: ObjectiveOptions): BoundObjective {
  return (risk, kl) => div(add(risk, div(budget(kl, options), lambda)), sub(1, div(lambda, 2)));
}

/**
 * fbbb = r̂ + η KL/n, η = 0.1 by default: Bayes by backprop with its KL tempered, as a baseline in [PerezOrtiz2021; Blundell2015].
 *
 * The objective form of no bound: certify what it finds.
 *
 * @throws RangeError unless n is a whole number of at least 8 and η is positive and finite
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { bbbObjective } from "@lab/pacbayes";
 * bbbObjective({ n: 1000 })(tensor1d([0.25]), tensor1d([2500])).dataSync(); // => Float32Array(1) [ 0.5 ]
 * ```
 */
export function bbbObjective({ n, weight = 0.1 }: { readonly n: number; readonly weight?: number }): BoundObjective {
  checkedObjective({ n, delta: 0.5 });
  if (!(weight > 0 && weight < Infinity)) throw new RangeError(`Cannot form an objective: weight must be positive and finite, got ${weight}`);
  return (risk, kl) => add(risk, mul(kl, weight / n));
}

/** Keeps logarithms finite in float32. */
const EDGE = 1e-6;

function klInverse(q: Tensor, c: Tensor): Tensor {
  let low = q;
  let high: Tensor = minimum(add(q, sqrt(div(c, 2))), onesLike(q));
  high = clipByValue(high, EDGE, 1 - EDGE);
  for (let i = 0; i < 24; i++) {
    const middle = div(add(low, high), 2);
    const kl = add(mul(q, log(div(q, middle))), mul(sub(1, q), log(div(sub(1, q), sub(1, middle)))));
    const inside = less(kl, c);
    low = where(inside, middle, low);
    high = where(inside, high, middle);
  }
  return high;
}

/** Checks what an objective is told, before any tensor exists. */
export function checkedObjective({ n, delta }: ObjectiveOptions): void {
  if (!(Number.isInteger(n) && n >= 8)) throw new RangeError(`Cannot form an objective: n must be a whole number of at least 8, got ${n}`);
  if (!(delta > 0 && delta < 1)) throw new RangeError(`Cannot form an objective: delta must be in (0, 1), got ${delta}`);
}
